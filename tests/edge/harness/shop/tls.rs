//! TLS for a shop.

use std::io;
use std::net::TcpStream;
use std::sync::Arc;

use rustls::crypto::ring;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};

/// A connection after the handshake.
pub(super) type Secured<'s> = StreamOwned<ServerConnection, &'s TcpStream>;

/// The configuration with this certificate and without client authentication.
pub(super) fn config(
    certificate: CertificateDer<'static>,
    key: PrivateKeyDer<'static>,
) -> ServerConfig {
    let builder = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()));
    let builder = builder.with_safe_default_protocol_versions().unwrap().with_no_client_auth();
    builder.with_single_cert(vec![certificate], key).unwrap()
}

/// Completes the handshake, or returns the caller's reason for aborting it. A caller that rejects a
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
