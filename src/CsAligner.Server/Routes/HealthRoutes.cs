using CsAligner.Search;
using CsAligner.Search.Items;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace CsAligner.Server.Routes;

/// <summary>Whether the process lives, and whether it can answer.</summary>
internal sealed class HealthRoutes(ISearchIndex index)
{
    /// <summary>Addresses that answer under any load.</summary>
    public static readonly string[] Paths = ["/livez", "/readyz", "/healthz"];

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(3);

    public void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet(Paths[0], context => WriteAsync(context, null));
        foreach (string path in Paths[1..]) routes.MapGet(path, async context => await WriteAsync(context, await WhyNotAsync(context)));
    }

    private async Task<string?> WhyNotAsync(HttpContext context)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted);
        limit.CancelAfter(Patience);
        try
        {
            ItemCounts counts = await index.CountAsync(limit.Token);
            return counts.Partial ? "a part of the index does not answer" : null;
        }
        catch (IndexStoreException)
        {
            return "the index does not answer";
        }
        catch (OperationCanceledException)
        {
            return "the index does not answer in time";
        }
    }

    private static Task WriteAsync(HttpContext context, string? problem)
    {
        context.Response.StatusCode = problem is null ? StatusCodes.Status200OK : StatusCodes.Status503ServiceUnavailable;
        context.Response.ContentType = "text/plain; charset=utf-8";
        return context.Response.WriteAsync(problem ?? "ok", context.RequestAborted);
    }
}
