//! `tenseur serve`: a trained model behind TensorFlow Serving's REST API.

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use tenseur::servable::{ModelPlace, Servable};
use tenseur::{Error, Result};
use tenseur_model_server::{Settings, Stage, serve};

use crate::{Ended, interrupt, say};

/// What `serve` takes.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// The folder of a run or of a SavedModel, or one of several versions of either, by number: the highest is served
    model: PathBuf,
    /// The port to serve at; 0 is any that is free
    #[arg(long, default_value_t = 8501)]
    port: u16,
    /// The address to serve at; other machines reach the model only if it is not 127.0.0.1
    #[arg(long, default_value = "127.0.0.1", value_name = "ADDRESS")]
    host: IpAddr,
    /// What the model is called in addresses: /v1/models/NAME [default: the folder's name]
    #[arg(long)]
    name: Option<String>,
    /// What its version may be called in addresses: /v1/models/NAME/labels/LABEL
    #[arg(long)]
    label: Vec<String>,
    /// Of a SavedModel with several graphs: the one that has just these tags [default: serve]
    #[arg(long, value_name = "TAG")]
    tag: Vec<String>,
    /// So many rows of several requests are computed in one run at most; 1 is one request at a time
    #[arg(long, value_name = "ROWS", default_value_t = 64, value_parser = clap::value_parser!(u16).range(1..))]
    max_batch: u16,
    /// So many microseconds a request waits for others to be computed with; without, for none but those that are there
    #[arg(long, value_name = "MICROSECONDS", default_value_t = 0)]
    batch_wait: u32,
    /// So many requests wait at most; others are answered 429
    #[arg(long, value_name = "REQUESTS", default_value_t = 256, value_parser = clap::value_parser!(u32).range(1..))]
    queue: u32,
    /// How many threads at most, in a run
    #[arg(long, value_parser = clap::value_parser!(u16).range(1..))]
    threads: Option<u16>,
    /// So many seconds a request may take; then it is answered 504
    #[arg(long, value_name = "SECONDS", default_value_t = 30, value_parser = clap::value_parser!(u32).range(1..))]
    time_limit: u32,
    /// So many MiB a request's body may have
    #[arg(long, value_name = "MIB", default_value_t = 32, value_parser = clap::value_parser!(u16).range(1..))]
    max_body: u16,
}

const EXAMPLES: &str = "\
Examples:
  tenseur serve runs/iris-1 --name iris
  curl localhost:8501/v1/models/iris/metadata
  curl localhost:8501/v1/models/iris:predict -d '{\"instances\": [{\"petal length\": 5.1, \"petal width\": 1.9}]}'
  tenseur serve models/half_plus_two --max-batch 32 --batch-wait 500
It answers until Ctrl-C or SIGTERM, then what it has taken, and ends with 0.";

pub(crate) fn run(arguments: &Arguments) -> Result<Ended> {
    let asked = interrupt::listen_to_the_end()?;
    let place = ModelPlace::find(&arguments.model)?;
    let name = arguments.name.clone().unwrap_or_else(|| place.name().to_string());
    let defaults = Settings::default();
    let most_body = usize::from(arguments.max_body) << 20;
    let settings = Settings {
        address: SocketAddr::new(arguments.host, arguments.port),
        name: name.clone(),
        version: place.version(),
        labels: arguments.label.clone(),
        max_batch: arguments.max_batch.into(),
        batch_wait: Duration::from_micros(arguments.batch_wait.into()),
        queue: arguments.queue as usize,
        time_limit: Duration::from_secs(arguments.time_limit.into()),
        most_body,
        most_values: most_body / 8,
        most_bytes: defaults.most_bytes.max(2 * most_body),
        most_connections: defaults.most_connections,
    };
    if !arguments.host.is_loopback() {
        tracing::warn!("the model can be used from other machines");
    }
    let (folder, tags, threads) = (place.folder().to_path_buf(), arguments.tag.clone(), arguments.threads);
    let load = move || {
        let model = Servable::open(&folder, &tags)?;
        Ok(match threads {
            Some(threads) => model.threads(threads.into()),
            None => model,
        })
    };
    let told = |stage: Stage, address: SocketAddr| match stage {
        Stage::Listening => tracing::info!("{address} answers 503 until the model is loaded"),
        Stage::Available => {
            say(&format!("http://{address}/v1/models/{name}"));
            eprintln!("the model is served until Ctrl-C");
        }
        Stage::Stopping => eprintln!("answering what was asked, then ending"),
    };
    let hint = |error: Error| match arguments.name {
        None if error.message().contains("cannot be a model's name") => error.hint("give another by --name"),
        _ => error,
    };
    serve(settings, load, told, asked).map_err(hint)?;
    Ok(Ended::Done)
}
