using Microsoft.AspNetCore.Http;

namespace CsAligner.Server.Requests;

/// <summary>Ends requests that take too long.</summary>
internal static class Deadline
{
    public static async Task RunAsync(HttpContext context, RequestDelegate next, TimeSpan time)
    {
        CancellationToken client = context.RequestAborted;
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(client);
        limit.CancelAfter(time);
        context.RequestAborted = limit.Token;
        try
        {
            await next(context);
        }
        finally
        {
            // Whoever answers for it asks whether the client is still there, not whether the time is up.
            context.RequestAborted = client;
        }
    }
}
