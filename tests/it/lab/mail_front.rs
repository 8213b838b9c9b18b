//! Adds TLS and logins to a mail server without them.
//!
//! Debian's OpenSMTPD 6.8 cannot complete a TLS handshake with Debian's OpenSSL 3 (alert 80, with any key). A small
//! relay therefore terminates TLS, checks logins, and forwards everything else to the real server, line by line.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use native_tls::{Identity, TlsAcceptor};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;

/// How a connection gets to TLS.
#[derive(Clone, Copy, PartialEq)]
pub enum Road {
    Tls,
    Starttls,
}

/// Listens on a free port, and relays to `upstream`, until the test process ends.
pub fn listen(road: Road, folder: &Path, upstream: u16, login: &str, password: &str) -> u16 {
    let read = |name: &str| std::fs::read(folder.join(name)).unwrap();
    let identity = Identity::from_pkcs8(&read("ca.pem"), &read("key.pem")).unwrap();
    let acceptor = TlsAcceptor::new(identity).unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let expected = STANDARD.encode(format!("\0{login}\0{password}"));
    std::thread::spawn(move || {
        for client in listener.incoming().flatten() {
            let (acceptor, expected) = (acceptor.clone(), expected.clone());
            std::thread::spawn(move || {
                let _ = relay(road, client, &acceptor, upstream, &expected);
            });
        }
    });
    port
}

fn relay(road: Road, client: TcpStream, acceptor: &TlsAcceptor, upstream: u16, expected: &str) -> std::io::Result<()> {
    if road == Road::Starttls {
        let mut plain = BufReader::new(client.try_clone()?);
        let answers = ["220 front\r\n", "250-front\r\n250 STARTTLS\r\n", "220 go on\r\n"];
        for (answer, wanted) in answers.iter().zip(["EHLO ", "STARTTLS", ""]) {
            plain.get_mut().write_all(answer.as_bytes())?;
            if !wanted.is_empty() && !read_line(&mut plain)?.starts_with(wanted) {
                return plain.get_mut().write_all(b"530 STARTTLS first\r\n");
            }
        }
    }
    let mut client = BufReader::new(acceptor.accept(client).map_err(std::io::Error::other)?);
    let mut server = BufReader::new(TcpStream::connect(("127.0.0.1", upstream))?);
    let greeting = read_answer(&mut server)?;
    if road == Road::Tls {
        client.get_mut().write_all(greeting.as_bytes())?;
    }
    let mut logged_in = false;
    loop {
        let line = read_line(&mut client)?;
        let answer = match &line {
            _ if line.is_empty() => return Ok(()),
            _ if line.starts_with("AUTH PLAIN ") => {
                logged_in = line.trim_end().ends_with(expected);
                if logged_in { "235 welcome\r\n".into() } else { "535 wrong password\r\n".into() }
            }
            _ if line.starts_with("MAIL ") && !logged_in => "530 log in first\r\n".into(),
            _ => {
                server.get_mut().write_all(line.as_bytes())?;
                read_answer(&mut server)?
            }
        };
        let answer =
            if line.starts_with("EHLO ") { answer.replacen("250 ", "250-AUTH PLAIN\r\n250 ", 1) } else { answer };
        client.get_mut().write_all(answer.as_bytes())?;
        if answer.starts_with("354") {
            loop {
                let line = read_line(&mut client)?;
                server.get_mut().write_all(line.as_bytes())?;
                if line == ".\r\n" || line.is_empty() {
                    break;
                }
            }
            let answer = read_answer(&mut server)?;
            client.get_mut().write_all(answer.as_bytes())?;
        }
    }
}

fn read_line<S: Read>(stream: &mut BufReader<S>) -> std::io::Result<String> {
    let mut line = String::new();
    stream.read_line(&mut line)?;
    Ok(line)
}

/// All lines of one reply. In the last line a space follows the code.
fn read_answer<S: Read>(stream: &mut BufReader<S>) -> std::io::Result<String> {
    let mut answer = String::new();
    loop {
        let line = read_line(stream)?;
        answer.push_str(&line);
        if line.as_bytes().get(3) != Some(&b'-') {
            return Ok(answer);
        }
    }
}
