//! The host calls of the guest, from Viceroy's trace.
//!
//! Viceroy writes a line when a call begins, if it has arguments, and one with its result. Only the latter is counted:
//! `TRACE wiggle abi{module="fastly_log" function="write"}: result=Ok(442)`.

/// Makes Viceroy write the trace, with the calls of WASI.
pub(crate) const LOG_FILTER: &str = "viceroy_lib::wiggle_abi=trace,wasmtime_wasi=trace";

/// The call whose result this line of the trace is, as `module.function`. The module has no `fastly_`.
pub(crate) fn finished(line: &str) -> Option<String> {
    let (before, span) = line.split_once("wiggle abi{module=\"")?;
    // Before it, there may be the span of the request, but nothing that a client has sent.
    if !before.contains("TRACE ") || before.contains('"') {
        return None;
    }
    let (module, rest) = span.split_once("\" function=\"")?;
    let (function, _) = rest.split_once("\"}: result=")?;
    let module = match module {
        "wasi_snapshot_preview1" => "wasi",
        module => module.strip_prefix("fastly_").unwrap_or(module),
    };
    Some(format!("{module}.{function}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_is_counted_once_when_its_result_is_there() {
        for (line, call) in [
            (
                r#"2026-11-26T10:44:02Z TRACE wiggle abi{module="fastly_log" function="write"}: h=EndpointHandle(0) msg=*guest 0x1/4"#,
                None,
            ),
            (
                r#"2026-11-26T10:44:02Z TRACE wiggle abi{module="fastly_log" function="write"}: result=Ok(442)"#,
                Some("log.write"),
            ),
            (
                r#"TRACE wiggle abi{module="fastly_http_body" function="new"}: result=Ok(BodyHandle(10))"#,
                Some("http_body.new"),
            ),
            (
                r#"TRACE wiggle abi{module="wasi_snapshot_preview1" function="fd_write"}: result=Ok(443)"#,
                Some("wasi.fd_write"),
            ),
            (
                r#"DEBUG wiggle abi{module="fastly_cache" function="lookup"}: Hostcall yielded an error"#,
                None,
            ),
            (
                r#"TRACE request{id=7}: wiggle abi{module="fastly_http_body" function="new"}: result=Ok(BodyHandle(10))"#,
                Some("http_body.new"),
            ),
            (r#"{"path":"/TRACE wiggle abi"}"#, None),
            (
                r#"{"path":"/TRACE wiggle abi{module="a" function="b"}: result="}"#,
                None,
            ),
        ] {
            assert_eq!(finished(line).as_deref(), call, "{line}");
        }
    }
}
