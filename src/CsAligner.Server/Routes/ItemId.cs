using CsAligner.Server.Requests;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace CsAligner.Server.Routes;

/// <summary>The id in an address, <c>/v1/items/ID</c>: taken as it was sent, because a decoded path no longer tells %2F from %252F.</summary>
internal static class ItemId
{
    private const string Before = "/v1/items/";

    public static string Of(HttpContext context)
    {
        string target = context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget;
        int begin = target.IndexOf(Before, StringComparison.OrdinalIgnoreCase);
        if (begin < 0) throw new RequestException(StatusCodes.Status404NotFound, "there is no item at this address");
        string id = target[(begin + Before.Length)..];
        int end = id.IndexOfAny(['/', '?', '#']);
        return Uri.UnescapeDataString(end < 0 ? id : id[..end]);
    }

    /// <summary>That there is no item with an id.</summary>
    public static RequestException Missing(string id) =>
        new(StatusCodes.Status404NotFound, $"there is no item '{RequestFields.Short(id)}' in the index");
}
