//! Reads lines and counted bytes from a peer, with bounded buffers.

use std::future::poll_fn;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use thiserror::Error;
use tokio::io::{AsyncRead, ReadBuf};

/// The size of a read, which is also the most that is buffered beyond a limit.
const CHUNK: usize = 4096;

/// Why nothing was read.
#[derive(Debug, Error)]
pub enum ReadError {
    /// The peer closed the connection, or reset it.
    #[error("the connection was closed")]
    Closed,
    /// The line has no end within this many bytes.
    #[error("a line is longer than {0} bytes")]
    TooLong(usize),
    /// A line does not end with CR LF, or holds a NUL or a lone CR.
    #[error("a line contains a NUL character or does not end with CR LF")]
    Malformed,
    /// The connection failed in another way.
    #[error("the connection broke: {0}")]
    Broken(io::Error),
}

/// A buffered reader of lines and of counted bytes.
#[derive(Debug)]
pub struct Lines<S> {
    stream: S,
    /// Bytes that were read and not returned yet.
    pending: Vec<u8>,
    /// How many of them are known to contain no line end.
    searched: usize,
}

impl<S> Lines<S> {
    /// Reads from a stream.
    pub fn new(stream: S) -> Self {
        Self { stream, pending: Vec::new(), searched: 0 }
    }

    /// The stream, for writing.
    pub fn stream(&mut self) -> &mut S {
        &mut self.stream
    }

    /// The stream, and the bytes that were read from it and not returned.
    pub fn into_parts(self) -> (S, Vec<u8>) {
        (self.stream, self.pending)
    }
}

impl<S: AsyncRead + Unpin> Lines<S> {
    /// The next line without its CR LF, at most `limit` bytes long.
    pub async fn line(&mut self, limit: usize) -> Result<Vec<u8>, ReadError> {
        poll_fn(|context| self.poll_line(context, limit)).await
    }

    /// Exactly `count` bytes. The caller bounds `count`.
    pub async fn bytes(&mut self, count: usize) -> Result<Vec<u8>, ReadError> {
        poll_fn(|context| self.poll_bytes(context, count)).await
    }

    /// The poll function of [`Self::line`]. It is cancel-safe.
    pub fn poll_line(&mut self, context: &mut Context<'_>, limit: usize) -> Poll<Result<Vec<u8>, ReadError>> {
        loop {
            let found = self.pending.iter().skip(self.searched).position(|byte| *byte == b'\n');
            if let Some(end) = found.map(|position| position + self.searched) {
                self.searched = 0;
                return Poll::Ready(self.cut(end, limit));
            }
            self.searched = self.pending.len();
            if self.searched > limit + 1 {
                return Poll::Ready(Err(ReadError::TooLong(limit)));
            }
            ready!(self.poll_more(context))?;
        }
    }

    /// The poll function of [`Self::bytes`].
    pub fn poll_bytes(&mut self, context: &mut Context<'_>, count: usize) -> Poll<Result<Vec<u8>, ReadError>> {
        while self.pending.len() < count {
            ready!(self.poll_more(context))?;
        }
        self.searched = 0;
        Poll::Ready(Ok(self.pending.drain(..count).collect()))
    }

    /// Takes the line whose LF is at `end`.
    fn cut(&mut self, end: usize, limit: usize) -> Result<Vec<u8>, ReadError> {
        if end > limit + 1 {
            return Err(ReadError::TooLong(limit));
        }
        let mut line: Vec<u8> = self.pending.drain(..=end).collect();
        line.pop();
        if line.pop() != Some(b'\r') || line.iter().any(|byte| matches!(byte, 0 | b'\r')) {
            return Err(ReadError::Malformed);
        }
        Ok(line)
    }

    fn poll_more(&mut self, context: &mut Context<'_>) -> Poll<Result<(), ReadError>> {
        let mut chunk = [0; CHUNK];
        let mut buffer = ReadBuf::new(&mut chunk);
        let read = ready!(Pin::new(&mut self.stream).poll_read(context, &mut buffer));
        Poll::Ready(match read {
            Ok(()) if buffer.filled().is_empty() => Err(ReadError::Closed),
            Ok(()) => {
                self.pending.extend_from_slice(buffer.filled());
                Ok(())
            }
            Err(error) => Err(match error.kind() {
                io::ErrorKind::UnexpectedEof
                | io::ErrorKind::ConnectionReset
                | io::ErrorKind::ConnectionAborted
                | io::ErrorKind::BrokenPipe => ReadError::Closed,
                _ => ReadError::Broken(error),
            }),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::AsyncReadExt;

    fn block_on<T>(work: impl Future<Output = T>) -> T {
        tokio::runtime::Builder::new_current_thread().build().expect("a runtime").block_on(work)
    }

    #[test]
    fn a_line_may_be_as_long_as_its_limit_and_no_longer() {
        block_on(async {
            let mut lines = Lines::new(&b"12345\r\n123456\r\n"[..]);
            assert_eq!(lines.line(5).await.ok().as_deref(), Some(&b"12345"[..]));
            assert!(matches!(lines.line(5).await, Err(ReadError::TooLong(5))));
            let endless = Lines::new(tokio::io::repeat(b'x')).line(1 << 20).await;
            assert!(matches!(endless, Err(ReadError::TooLong(_))));
        });
    }

    #[test]
    fn lines_and_counts_are_put_together_from_pieces() {
        block_on(async {
            let stream = (&b"a line\r"[..]).chain(&b"\n12"[..]).chain(&b"345rest"[..]);
            let mut lines = Lines::new(stream);
            assert_eq!(lines.line(10).await.ok().as_deref(), Some(&b"a line"[..]));
            assert_eq!(lines.bytes(5).await.ok().as_deref(), Some(&b"12345"[..]));
            assert!(matches!(lines.line(10).await, Err(ReadError::Closed)));
            assert_eq!(lines.into_parts().1, b"rest");
        });
    }

    #[test]
    fn a_line_ends_with_cr_lf_and_holds_neither_nor_nul() {
        for bad in [&b"a\n"[..], b"\n", b"a\rb\r\n", b"a\0b\r\n"] {
            let read = block_on(Lines::new(bad).line(10));
            assert!(matches!(read, Err(ReadError::Malformed)), "{bad:?}: {read:?}");
        }
    }
}
