using CsAligner.Server.Requests;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace CsAligner.Server.Routes;

/// <summary>The id in an address, <c>/v1/items/ID</c>: taken as it was sent, because a decoded path no longer tells %2F from
/// %252F.</summary>
internal static class ItemId
{
    private const string Before = "/v1/items/";

    public static string Of(HttpContext context)
    {
        string target = context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget;
        string path = target.Split('?', '#')[0];
        int begin = path.IndexOf(Before, StringComparison.OrdinalIgnoreCase);
        if (begin < 0) throw new RequestException(StatusCodes.Status404NotFound, "there is no item at this address");
        string[] parts = path[(begin + Before.Length)..].Split('/');

        // Routing took dot segments out: the item that it was led to is not the one that stands here.
        return parts.All(part => Uri.UnescapeDataString(part) is not ("." or ".."))
            ? Uri.UnescapeDataString(parts[0])
            : throw new RequestException(StatusCodes.Status404NotFound, "there is no item at this address");
    }

    /// <summary>That there is no item with an id.</summary>
    public static RequestException Missing(string id) =>
        new(StatusCodes.Status404NotFound, $"there is no item '{RequestFields.Short(id)}' in the index");
}
