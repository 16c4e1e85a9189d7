//! How a shop speaks TLS.

use std::io;
use std::net::TcpStream;
use std::sync::Arc;

use rustls::crypto::ring;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};

/// A connection whose handshake is over.
pub(super) type Secured<'s> = StreamOwned<ServerConnection, &'s TcpStream>;

/// This certificate, and no question who calls.
pub(super) fn config(
    certificate: CertificateDer<'static>,
    key: PrivateKeyDer<'static>,
) -> ServerConfig {
    let builder = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()));
    let builder = builder.with_safe_default_protocol_versions().unwrap().with_no_client_auth();
    builder.with_single_cert(vec![certificate], key).unwrap()
}

/// Comes to the end of the handshake, or to the caller's reason against it. Who does not like a
/// certificate says so before it sends anything.
pub(super) fn accept<'s>(
    config: &Arc<ServerConfig>,
    mut socket: &'s TcpStream,
) -> io::Result<Secured<'s>> {
    let mut connection = ServerConnection::new(Arc::clone(config)).map_err(io::Error::other)?;
    while connection.is_handshaking() {
        connection.complete_io(&mut socket)?;
    }
    Ok(StreamOwned::new(connection, socket))
}
