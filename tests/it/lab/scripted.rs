//! An IMAP server that follows a test's script and records every byte that it receives.

use super::Issued;
use native_tls::{Identity, TlsAcceptor, TlsStream};
use std::io::{self, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

/// A server on a loopback port.
pub struct Scripted {
    pub port: u16,
    told: Arc<Mutex<Vec<u8>>>,
}

impl Scripted {
    /// Runs the script for every connection, over TLS if a certificate is given. The script ends a connection by
    /// returning; an error means that the client closed it.
    pub fn serve(tls: Option<&Issued>, script: impl Fn(&mut Peer) -> io::Result<()> + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = listener.local_addr().expect("its address").port();
        let told = Arc::new(Mutex::new(Vec::new()));
        let heard = told.clone();
        let acceptor = tls.map(acceptor);
        let script = Arc::new(script);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let _ = stream.set_nodelay(true);
                let (acceptor, told, script) = (acceptor.clone(), heard.clone(), script.clone());
                std::thread::spawn(move || {
                    let mut peer = Peer { stream: Stream::Plain(stream), told };
                    if acceptor.is_none_or(|acceptor| peer.secure(&acceptor).is_ok()) {
                        let _ = script(&mut peer);
                    }
                });
            }
        });
        Self { port, told }
    }

    /// Everything that clients sent, decrypted.
    pub fn told(&self) -> String {
        String::from_utf8_lossy(&self.told.lock().expect("what was told")).into_owned()
    }
}

/// A TLS acceptor with this certificate.
pub fn acceptor(issued: &Issued) -> TlsAcceptor {
    let read = |path| std::fs::read(path).expect("a file of the authority");
    let identity = Identity::from_pkcs8(&read(&issued.certificate), &read(&issued.key)).expect("an identity");
    TlsAcceptor::new(identity).expect("an acceptor")
}

enum Stream {
    Plain(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
    None,
}

/// The server's side of a connection.
pub struct Peer {
    stream: Stream,
    told: Arc<Mutex<Vec<u8>>>,
}

impl Peer {
    /// Sends bytes unchanged.
    pub fn send(&mut self, bytes: impl AsRef<[u8]>) -> io::Result<()> {
        match &mut self.stream {
            Stream::Plain(stream) => stream.write_all(bytes.as_ref()),
            Stream::Tls(stream) => stream.write_all(bytes.as_ref()),
            Stream::None => Err(io::ErrorKind::NotConnected.into()),
        }
    }

    /// Reads one line; returns its tag and the rest.
    pub fn hear(&mut self) -> io::Result<(String, String)> {
        let mut line = Vec::new();
        while !line.ends_with(b"\r\n") {
            line.extend(self.hear_bytes(1)?);
        }
        let line = String::from_utf8_lossy(&line).trim_end_matches("\r\n").to_owned();
        let (tag, rest) = line.split_once(' ').unwrap_or((&line, ""));
        Ok((tag.to_owned(), rest.to_owned()))
    }

    /// Reads a number of bytes.
    pub fn hear_bytes(&mut self, count: usize) -> io::Result<Vec<u8>> {
        let mut bytes = vec![0; count];
        match &mut self.stream {
            Stream::Plain(stream) => stream.read_exact(&mut bytes)?,
            Stream::Tls(stream) => stream.read_exact(&mut bytes)?,
            Stream::None => return Err(io::ErrorKind::NotConnected.into()),
        }
        self.told.lock().expect("what was told").extend(&bytes);
        Ok(bytes)
    }

    /// Reads a line whose command must begin with `start`, and returns its tag. Any other line ends the connection.
    pub fn expect(&mut self, start: &str) -> io::Result<String> {
        let (tag, rest) = self.hear()?;
        if rest.starts_with(start) { Ok(tag) } else { Err(io::ErrorKind::InvalidData.into()) }
    }

    /// Reads a command that begins with `start`, and sends `answer` with `{tag}` replaced by the command's tag.
    pub fn answer(&mut self, start: &str, answer: &str) -> io::Result<()> {
        let tag = self.expect(start)?;
        self.send(answer.replace("{tag}", &tag))
    }

    /// Switches the connection to TLS.
    pub fn secure(&mut self, acceptor: &TlsAcceptor) -> io::Result<()> {
        match std::mem::replace(&mut self.stream, Stream::None) {
            Stream::Plain(stream) => {
                self.stream = Stream::Tls(Box::new(acceptor.accept(stream).map_err(io::Error::other)?));
                Ok(())
            }
            _ => Err(io::ErrorKind::NotConnected.into()),
        }
    }

    /// Sends nothing more until the client closes the connection.
    pub fn hang(&mut self) -> io::Result<()> {
        loop {
            self.hear_bytes(1)?;
        }
    }
}
