//! What the path of a request names: `/v1/models/NAME[/versions/V|/labels/L]`, then `:predict` and such, or `/metadata`.

use hyper::{Method, StatusCode};

use crate::examples::Question;
use crate::refusal::Refusal;

/// What is to be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Route {
    Status,
    Metadata,
    Predict,
    Examples(Question),
}

/// Whom the server serves.
#[derive(Clone, Debug)]
pub(crate) struct Served {
    pub(crate) name: String,
    pub(crate) version: i64,
    pub(crate) labels: Vec<String>,
}

const METHODS: [(&str, Route); 3] = [
    ("predict", Route::Predict),
    ("classify", Route::Examples(Question::Classify)),
    ("regress", Route::Examples(Question::Regress)),
];

/// What a request is for, if it is for what is served.
///
/// # Errors
/// 404 when there is no such thing, 400 when its version is no number, 405 when it is asked for by another method.
pub(crate) fn route(method: &Method, path: &str, served: &Served) -> Result<Route, Refusal> {
    let nothing = || {
        Refusal::new(
            StatusCode::NOT_FOUND,
            format!(
                "there is no {path}: the paths are /v1/models/{0}, /v1/models/{0}/metadata and /v1/models/{0}:predict",
                served.name
            ),
        )
    };
    let rest = path.strip_prefix("/v1/models/").ok_or_else(nothing)?;
    let (rest, route) = match (rest.rsplit_once(':'), rest.strip_suffix("/metadata")) {
        (Some((rest, verb)), _) => {
            let found = METHODS.iter().find(|(name, _)| *name == verb);
            (rest, found.ok_or_else(nothing)?.1)
        }
        (None, Some(rest)) => (rest, Route::Metadata),
        (None, None) => (rest, Route::Status),
    };
    let mut parts = rest.split('/');
    let name = parts.next().unwrap_or_default();
    let missing = |what: String| Refusal::new(StatusCode::NOT_FOUND, what);
    if name != served.name {
        return Err(missing(format!("there is no model \"{name}\": \"{}\" is served", served.name)));
    }
    match (parts.next(), parts.next(), parts.next()) {
        (None, ..) => {}
        (Some("versions"), Some(version), None) => {
            let number: i64 = version
                .parse()
                .map_err(|_| Refusal::bad_request(format!("the version \"{version}\" is no number")))?;
            if number != served.version {
                let text =
                    format!("model \"{name}\" has no version {number}: version {} is served", served.version);
                return Err(missing(text));
            }
        }
        (Some("labels"), Some(label), None) => {
            if !served.labels.iter().any(|known| known == label) {
                let known = match served.labels.is_empty() {
                    true => "it has none".to_string(),
                    false => format!("it has: {}", served.labels.join(", ")),
                };
                return Err(missing(format!("model \"{name}\" has no label \"{label}\": {known}")));
            }
        }
        _ => return Err(nothing()),
    }
    let allowed = match route {
        Route::Status | Route::Metadata => method == Method::GET || method == Method::HEAD,
        Route::Predict | Route::Examples(_) => method == Method::POST,
    };
    match allowed {
        true => Ok(route),
        false => {
            let allow = match route {
                Route::Status | Route::Metadata => "GET, HEAD",
                Route::Predict | Route::Examples(_) => "POST",
            };
            let text = format!("{path} is asked by {allow}, and not by {method}");
            let refusal = Refusal::new(StatusCode::METHOD_NOT_ALLOWED, text);
            Err(Refusal { allow: Some(allow), ..refusal })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_those_of_tensorflow_serving() {
        let served = Served { name: "iris".into(), version: 12, labels: vec!["stable".into()] };
        let ask =
            |method: Method, path: &str| route(&method, path, &served).map_err(|error| error.status.as_u16());
        for place in ["iris", "iris/versions/12", "iris/versions/0012", "iris/labels/stable"] {
            let at = |rest: &str| format!("/v1/models/{place}{rest}");
            assert_eq!(ask(Method::POST, &at(":predict")), Ok(Route::Predict));
            assert_eq!(ask(Method::POST, &at(":classify")), Ok(Route::Examples(Question::Classify)));
            assert_eq!(ask(Method::POST, &at(":regress")), Ok(Route::Examples(Question::Regress)));
            assert_eq!(ask(Method::GET, &at("")), Ok(Route::Status));
            assert_eq!(ask(Method::HEAD, &at("/metadata")), Ok(Route::Metadata));
            assert_eq!(ask(Method::GET, &at(":predict")), Err(405));
            assert_eq!(ask(Method::DELETE, &at("")), Err(405));
            assert_eq!(ask(Method::POST, &at(":train")), Err(404));
        }
        for (path, status) in [
            ("/v1/models/iris/versions/13", 404),
            ("/v1/models/iris/versions/latest", 400),
            ("/v1/models/iris/versions/99999999999999999999", 400),
            ("/v1/models/iris/labels/canary", 404),
            ("/v1/models/rose", 404),
            ("/v1/models/", 404),
            ("/v1/models", 404),
            ("/v1/models/iris/", 404),
            ("/v1/models/iris/versions", 404),
            ("/v1/models/iris/versions/12/more", 404),
            ("/", 404),
            ("/metrics", 404),
        ] {
            assert_eq!(ask(Method::GET, path), Err(status), "{path}");
        }
    }
}
