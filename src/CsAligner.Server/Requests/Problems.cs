using System.Text.Json;
using CsAligner.Search;
using CsAligner.Tensors;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.Logging;

namespace CsAligner.Server.Requests;

/// <summary>Errors as problem details (RFC 9457), one clear line in each.</summary>
internal static partial class Problems
{
    private const int Closed = 499;

    /// <summary>Turns what a request throws into its answer.</summary>
    public static async Task CatchAsync(HttpContext context, RequestDelegate next, ILogger log)
    {
        try
        {
            await next(context);
            if (context.Response is { HasStarted: false, StatusCode: >= 400, ContentLength: null, ContentType: null } response)
                await WriteAsync(context, response.StatusCode, Usual(response.StatusCode, context));
        }
        catch (Exception failure)
        {
            bool gone = context.RequestAborted.IsCancellationRequested;
            (int status, string detail) = gone ? (Closed, "") : Answer(failure);
            if (status == StatusCodes.Status500InternalServerError) Broke(log, failure, context.Request.Method, context.Request.Path);
            if (context.Response.HasStarted || gone)
            {
                // Nobody hears, or half an answer is out: it must not look whole.
                context.Abort();
                return;
            }

            bool cookie = context.Response.Headers.SetCookie.Count > 0;
            if (cookie) context.Response.Headers.Remove("Set-Cookie");
            if (status is StatusCodes.Status503ServiceUnavailable or StatusCodes.Status429TooManyRequests)
                context.Response.Headers.RetryAfter = "1";
            await WriteAsync(context, status, detail, failure is IndexStoreException store ? Outcome(store.Outcome) : null);
        }
    }

    /// <summary>Writes a problem.</summary>
    public static Task WriteAsync(HttpContext context, int status, string detail, string? outcome = null)
    {
        context.Response.StatusCode = status;
        return JsonAnswer.WriteAsync(context, writer =>
        {
            writer.WriteStartObject();
            writer.WriteString("type", "about:blank");
            writer.WriteString("title", ReasonPhrases.GetReasonPhrase(status) is { Length: > 0 } title ? title : "Error");
            writer.WriteNumber("status", status);
            writer.WriteString("detail", OneLine(detail));
            if (outcome is not null) writer.WriteString("outcome", outcome);
            writer.WriteEndObject();
        }, "application/problem+json");
    }

    private static (int Status, string Detail) Answer(Exception failure) => failure switch
    {
        RequestException refused => (refused.Status, refused.Message),
        BusyException => (StatusCodes.Status503ServiceUnavailable, failure.Message),
        IndexStoreException => (StatusCodes.Status503ServiceUnavailable, failure.Message),
        InputException => (StatusCodes.Status400BadRequest, failure.Message),
        BadHttpRequestException bad => (bad.StatusCode, bad.StatusCode == StatusCodes.Status413PayloadTooLarge
            ? "the request is too large for this service"
            : $"the request cannot be read: {bad.Message}"),
        JsonException => (StatusCodes.Status400BadRequest, $"the request is not JSON that can be read: {failure.Message}"),
        OperationCanceledException => (StatusCodes.Status503ServiceUnavailable,
            "the request took too long, or the service is stopping; try again"),
        ObjectDisposedException => (StatusCodes.Status503ServiceUnavailable, "the service is stopping"),
        IOException when (failure.HResult & 0xFFFF) is 28 or 112 => (StatusCodes.Status507InsufficientStorage,
            "the disk of the service is full; nothing was changed"),
        _ => (StatusCodes.Status500InternalServerError, "the service made a mistake; its log says more"),
    };

    private static string Usual(int status, HttpContext context) => status switch
    {
        StatusCodes.Status404NotFound => "there is nothing at this address; /openapi.json lists what there is",
        StatusCodes.Status405MethodNotAllowed => $"{context.Request.Method} is not possible here; /openapi.json says what is",
        StatusCodes.Status415UnsupportedMediaType => "the content type is not one that is read here; /openapi.json says which are",
        StatusCodes.Status429TooManyRequests => "too many requests; ask more slowly",
        _ => ReasonPhrases.GetReasonPhrase(status),
    };

    private static string? Outcome(WriteOutcome outcome) => outcome switch
    {
        WriteOutcome.NotDone => "not_done",
        WriteOutcome.Unknown => "unknown",
        _ => null,
    };

    private static string OneLine(string text) =>
        string.Concat(text.ReplaceLineEndings(" ").Select(c => char.IsControl(c) ? '?' : c));

    [LoggerMessage(Level = LogLevel.Error, Message = "{Method} {Path} failed")]
    private static partial void Broke(ILogger log, Exception failure, string method, string path);
}
