//! `tenseur play`: the playground, served to this machine's browser.

use std::net::{IpAddr, SocketAddr};
use std::process::{Command, Stdio};

use clap::Args;
use tenseur::{Code, Error, Result};

use crate::{Ended, interrupt, say};

/// What `play` takes.
#[derive(Args)]
pub(crate) struct Arguments {
    /// The port to serve at; 0 is any that is free
    #[arg(long, default_value_t = 0)]
    port: u16,
    /// The address to serve at; others than this machine can reach the page only if it is not 127.0.0.1
    #[arg(long, default_value = "127.0.0.1", value_name = "ADDRESS")]
    host: IpAddr,
    /// Do not open the page
    #[arg(long)]
    no_open: bool,
    /// The settings to begin with, as an address of the playground has them: '#activation=relu&dataset=spiral'
    #[arg(long, default_value = "", value_name = "ADDRESS")]
    url: String,
}

pub(crate) fn run(arguments: &Arguments) -> Result<Ended> {
    interrupt::listen();
    let hash = match arguments.url.split_once('#') {
        Some((_, hash)) => format!("#{hash}"),
        None if arguments.url.is_empty() => String::new(),
        None => format!("#{}", arguments.url),
    };
    let address = SocketAddr::new(arguments.host, arguments.port);
    if !arguments.host.is_loopback() {
        tracing::warn!("the playground can be reached from other machines");
    }
    let ready = |address: SocketAddr| {
        let page = format!("http://{address}/{hash}");
        say(&page);
        eprintln!("the playground is served until Ctrl-C");
        if !arguments.no_open {
            open(&page);
        }
    };
    tenseur_playground_server::serve(address, ready, interrupt::asked).map_err(|error| {
        Error::new(Code::FailedPrecondition, format!("cannot serve at {address}: {error}"))
            .hint("another --port may be free; 0 is any that is")
    })?;
    Ok(Ended::Done)
}

/// Opens the page in the browser that the system opens pages with; its address is printed in any case.
fn open(page: &str) {
    let (program, arguments): (&str, &[&str]) = if cfg!(target_os = "windows") {
        ("rundll32", &["url.dll,FileProtocolHandler"])
    } else if cfg!(target_os = "macos") {
        ("open", &[])
    } else {
        ("xdg-open", &[])
    };
    let silent = Stdio::null;
    let opened = Command::new(program).args(arguments).arg(page).stdout(silent()).stderr(silent()).spawn();
    if opened.is_err() {
        eprintln!("open it in a browser");
    }
}
