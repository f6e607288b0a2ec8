//! The smallest HTTP client that measures fairly: one kept connection, one buffer, no work between requests.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

/// A kept connection.
pub(super) struct Client {
    stream: BufReader<TcpStream>,
    address: SocketAddr,
    authorization: String,
    request: Vec<u8>,
    body: Vec<u8>,
}

/// The answer to the last request.
pub(super) struct Answer<'a> {
    pub(super) status: u16,
    pub(super) body: &'a [u8],
}

impl Answer<'_> {
    pub(super) fn is_good(&self) -> bool {
        (200..300).contains(&self.status)
    }

    pub(super) fn text(&self) -> String {
        String::from_utf8_lossy(self.body).into_owned()
    }
}

impl Client {
    /// Connects; the token goes with each request, an empty one does not.
    pub(super) fn connect(address: SocketAddr, token: &str) -> io::Result<Self> {
        let stream = TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(Duration::from_secs(30)))?;
        let authorization = if token.is_empty() {
            String::new()
        } else {
            format!("authorization: Bearer {token}\r\n")
        };
        Ok(Self {
            stream: BufReader::new(stream),
            address,
            authorization,
            request: Vec::new(),
            body: Vec::new(),
        })
    }

    /// Sends a request with a JSON body, or without one where it is empty.
    pub(super) fn ask(&mut self, method: &str, path: &str, body: &str) -> io::Result<Answer<'_>> {
        self.ask_with(method, path, "application/json", body)
    }

    /// Sends a request with a body of any type.
    pub(super) fn ask_with(
        &mut self,
        method: &str,
        path: &str,
        kind: &str,
        body: &str,
    ) -> io::Result<Answer<'_>> {
        self.request.clear();
        write!(
            self.request,
            "{method} {path} HTTP/1.1\r\nhost: {}\r\n{}content-type: {kind}\r\ncontent-length: {}\r\n\r\n{body}",
            self.address,
            self.authorization,
            body.len(),
        )?;
        self.stream.get_mut().write_all(&self.request)?;
        self.answer()
    }

    fn answer(&mut self) -> io::Result<Answer<'_>> {
        let mut line = String::new();
        self.line(&mut line)?;
        // "HTTP/1.1 200 OK"
        let status = line.split(' ').nth(1).and_then(|status| status.parse().ok());
        let status = status.ok_or_else(|| broken("the status line"))?;
        let (mut length, mut chunked) = (0, false);
        loop {
            self.line(&mut line)?;
            if line.is_empty() {
                break;
            }
            let (name, value) = line.split_once(':').ok_or_else(|| broken("a header"))?;
            if name.eq_ignore_ascii_case("content-length") {
                length = value.trim().parse().map_err(|_| broken("content-length"))?;
            } else if name.eq_ignore_ascii_case("transfer-encoding") {
                chunked = value.trim().eq_ignore_ascii_case("chunked");
            }
        }
        self.body.clear();
        if chunked {
            while self.chunk(&mut line)? {}
        } else {
            self.part(length)?;
        }
        Ok(Answer {
            status,
            body: &self.body,
        })
    }

    /// Reads one chunk; `false` at the last.
    fn chunk(&mut self, line: &mut String) -> io::Result<bool> {
        self.line(line)?;
        let size = line.split(';').next().unwrap_or_default().trim();
        let size = usize::from_str_radix(size, 16).map_err(|_| broken("a chunk's size"))?;
        self.part(size)?;
        self.line(line)?;
        Ok(size > 0)
    }

    fn part(&mut self, length: usize) -> io::Result<()> {
        // Not into zeros: this program is not optimised, and writing those took an eighth of both processors.
        let read = (&mut self.stream)
            .take(length as u64)
            .read_to_end(&mut self.body)?;
        if read == length { Ok(()) } else { Err(ended()) }
    }

    fn line(&mut self, line: &mut String) -> io::Result<()> {
        line.clear();
        if self.stream.read_line(line)? == 0 {
            return Err(ended());
        }
        line.truncate(line.trim_end().len());
        Ok(())
    }
}

fn ended() -> io::Error {
    io::Error::new(io::ErrorKind::UnexpectedEof, "the server closed the connection")
}

fn broken(what: &str) -> io::Error {
    io::Error::new(
        io::ErrorKind::InvalidData,
        format!("{what} of the answer cannot be read"),
    )
}

/// The text of the first member of this name; enough for ids, tokens and addresses, which hold no escapes.
pub(super) fn member<'a>(json: &'a str, name: &str) -> Option<&'a str> {
    let (_, rest) = json.split_once(&format!("\"{name}\""))?;
    let value = rest
        .trim_start()
        .strip_prefix(':')?
        .trim_start()
        .strip_prefix('"')?;
    value.split_once('"').map(|(text, _)| text)
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use super::*;

    #[test]
    fn members_are_found() {
        let json = r#"{"url": "http://x", "owner": {"email":"o@x"}}"#;
        assert_eq!(member(json, "url"), Some("http://x"));
        assert_eq!(member(json, "email"), Some("o@x"));
        assert_eq!((member(json, "owner"), member(json, "none")), (None, None));
    }

    #[test]
    fn answers_are_read_by_length_and_by_chunks() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let server = std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let mut request = [0; 1024];
            for answer in [
                "HTTP/1.1 201 Created\r\nContent-Length: 2\r\n\r\nok",
                "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n1;x=y\r\nd\r\n0\r\n\r\n",
                "HTTP/1.1 204 No Content\r\n\r\n",
            ] {
                let _ = stream.read(&mut request).unwrap();
                stream.write_all(answer.as_bytes()).unwrap();
            }
        });
        let mut client = Client::connect(address, "t").unwrap();
        assert_eq!(client.ask("POST", "/", "{}").unwrap().text(), "ok");
        assert_eq!(client.ask("GET", "/", "").unwrap().text(), "abcd");
        let answer = client.ask("GET", "/", "").unwrap();
        assert!(answer.is_good() && answer.body.is_empty());
        assert!(client.ask("GET", "/", "").is_err());
        server.join().unwrap();
    }
}
