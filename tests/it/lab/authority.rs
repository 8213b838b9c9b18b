//! A certificate authority, created with the `openssl` program.

use super::must_be_installed;
use std::path::{Path, PathBuf};
use std::process::Command;

/// An authority with all its files in one folder.
pub struct Authority {
    folder: PathBuf,
    /// Path of the root certificate, PEM.
    pub certificate: PathBuf,
    key: PathBuf,
}

/// A certificate request.
pub struct Issue<'a> {
    /// Base name of the files.
    pub name: &'a str,
    /// The common name.
    pub common_name: &'a str,
    /// The subject alternative name in openssl's syntax, `IP:127.0.0.1,DNS:mail.test`; empty for none.
    pub names: &'a str,
    /// Digest algorithm of the signature.
    pub digest: &'a str,
    /// Start and end of validity, in the format of openssl's `ca`.
    pub life: (&'a str, &'a str),
}

impl Default for Issue<'_> {
    fn default() -> Self {
        Self {
            name: "server",
            common_name: "127.0.0.1",
            names: "IP:127.0.0.1",
            digest: "sha256",
            life: ("20200101000000Z", "20990101000000Z"),
        }
    }
}

/// Paths of a certificate and its key, PEM (PKCS #8).
#[derive(Clone)]
pub struct Issued {
    pub certificate: PathBuf,
    pub key: PathBuf,
}

impl Authority {
    /// Creates an authority in this folder.
    pub fn new(folder: &Path) -> Self {
        must_be_installed("openssl", "openssl");
        std::fs::create_dir_all(folder).expect("the folder of the authority");
        let authority =
            Self { folder: folder.to_owned(), certificate: folder.join("ca.pem"), key: folder.join("ca.key") };
        authority.openssl(&[
            "req",
            "-x509",
            "-newkey",
            "ec",
            "-pkeyopt",
            "ec_paramgen_curve:P-256",
            "-nodes",
            "-days",
            "3650",
            "-subj",
            "/CN=The authority of the lab",
            "-keyout",
            "ca.key",
            "-out",
            "ca.pem",
        ]);
        authority
    }

    /// Issues a certificate.
    pub fn issue(&self, issue: &Issue<'_>) -> Issued {
        let file = |ending: &str| format!("{}.{ending}", issue.name);
        let (request, key, certificate, config) = (file("csr"), file("key"), file("pem"), file("cnf"));
        let subject = format!("/CN={}", issue.common_name);
        self.openssl(&[
            "req",
            "-new",
            "-newkey",
            "ec",
            "-pkeyopt",
            "ec_paramgen_curve:P-256",
            "-nodes",
            "-subj",
            &subject,
            "-keyout",
            &key,
            "-out",
            &request,
        ]);
        let names = if issue.names.is_empty() { String::new() } else { format!("subjectAltName={}\n", issue.names) };
        let text = format!(
            "[ca]\ndefault_ca=lab\n[lab]\ndatabase={0}.index\nserial={0}.serial\nnew_certs_dir=.\npolicy=policy\n\
             x509_extensions=extensions\n[policy]\ncommonName=supplied\n[extensions]\nbasicConstraints=CA:FALSE\n{names}",
            issue.name
        );
        for (name, text) in [(config.clone(), text), (file("index"), String::new()), (file("serial"), serial())] {
            std::fs::write(self.folder.join(name), text).expect("a file of the authority");
        }
        let (first, last) = issue.life;
        self.openssl(&[
            "ca",
            "-batch",
            "-notext",
            "-config",
            &config,
            "-cert",
            "ca.pem",
            "-keyfile",
            "ca.key",
            "-md",
            issue.digest,
            "-startdate",
            first,
            "-enddate",
            last,
            "-in",
            &request,
            "-out",
            &certificate,
        ]);
        Issued { certificate: self.folder.join(certificate), key: self.folder.join(key) }
    }

    /// Creates a self-signed certificate.
    pub fn self_signed(&self) -> Issued {
        self.openssl(&[
            "req",
            "-x509",
            "-newkey",
            "ec",
            "-pkeyopt",
            "ec_paramgen_curve:P-256",
            "-nodes",
            "-days",
            "3650",
            "-subj",
            "/CN=127.0.0.1",
            "-addext",
            "subjectAltName=IP:127.0.0.1",
            "-keyout",
            "self.key",
            "-out",
            "self.pem",
        ]);
        Issued { certificate: self.folder.join("self.pem"), key: self.folder.join("self.key") }
    }

    fn openssl(&self, arguments: &[&str]) {
        let output =
            Command::new("openssl").args(arguments).current_dir(&self.folder).output().expect("openssl starts");
        assert!(output.status.success(), "openssl {arguments:?}:\n{}", String::from_utf8_lossy(&output.stderr));
    }
}

fn serial() -> String {
    format!("{:016X}\n", std::time::UNIX_EPOCH.elapsed().map_or(1, |time| time.as_nanos() as u64 >> 1))
}
