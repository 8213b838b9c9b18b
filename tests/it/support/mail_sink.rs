//! A mail server on loopback that accepts and stores every message, without TLS.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

/// The server. It listens until the test process ends.
pub struct MailSink {
    /// TCP port.
    pub port: u16,
    mails: Arc<Mutex<Vec<String>>>,
}

impl MailSink {
    /// Starts listening.
    pub fn open() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let sink = Self { port: listener.local_addr().unwrap().port(), mails: Arc::default() };
        let mails = sink.mails.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let _ = serve(stream, &mails);
            }
        });
        sink
    }

    /// Waits for at least `count` messages, and returns all of them as received.
    pub fn messages(&self, count: usize) -> Vec<String> {
        for _ in 0..2000 {
            let mails = self.mails.lock().unwrap().clone();
            if mails.len() >= count {
                return mails;
            }
            std::thread::sleep(std::time::Duration::from_millis(10));
        }
        panic!("only this came: {:?}", self.mails.lock().unwrap());
    }
}

fn serve(mut stream: TcpStream, mails: &Mutex<Vec<String>>) -> std::io::Result<()> {
    let mut lines = BufReader::new(stream.try_clone()?);
    stream.write_all(b"220 here\r\n")?;
    let mut line = String::new();
    while lines.read_line(&mut line)? > 0 {
        let command = std::mem::take(&mut line).to_ascii_uppercase();
        if command.starts_with("DATA") {
            stream.write_all(b"354 go on\r\n")?;
            let mut mail = String::new();
            while lines.read_line(&mut line)? > 0 && line != ".\r\n" {
                mail.push_str(&std::mem::take(&mut line));
            }
            line.clear();
            mails.lock().unwrap().push(mail);
        }
        stream.write_all(if command.starts_with("QUIT") { b"221 bye\r\n" } else { b"250 ok\r\n" })?;
    }
    Ok(())
}

/// Joins the lines that mail encoding has folded or broken.
pub fn unfolded(mail: &str) -> String {
    mail.replace("\r\n", "\n").replace("=\n", "").replace("\n ", " ").replace("=3D", "=")
}
