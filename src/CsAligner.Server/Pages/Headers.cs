using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;

namespace CsAligner.Server.Pages;

/// <summary>What every answer says to browsers: show nothing as something else, load nothing from elsewhere, keep nothing.</summary>
internal static class Headers
{
    private const string Policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; connect-src 'self'; "
        + "base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

    public static void Write(HttpResponse response)
    {
        IHeaderDictionary headers = response.Headers;
        headers[HeaderNames.XContentTypeOptions] = "nosniff";
        headers[HeaderNames.ContentSecurityPolicy] = Policy;
        headers["Referrer-Policy"] = "no-referrer";
        headers["Cross-Origin-Opener-Policy"] = "same-origin";
        headers["Cross-Origin-Resource-Policy"] = "same-origin";
        headers["Permissions-Policy"] = "camera=(), microphone=(), geolocation=()";
        headers[HeaderNames.CacheControl] = "no-store";
    }

    /// <summary>The same for a page that has styles of its own, and scripts from here.</summary>
    public static void AllowStyles(HttpResponse response) =>
        response.Headers[HeaderNames.ContentSecurityPolicy] = Policy.Replace("style-src 'self'", "style-src 'self' 'unsafe-inline'",
            StringComparison.Ordinal);
}
