using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;

namespace CsAligner.Server.Pages;

/// <summary>What every answer says to browsers: show nothing as something else, load nothing from elsewhere, keep nothing.</summary>
internal static class Headers
{
    /// <summary>The page of the API, a library's: it has styles and a script of its own in its markup.</summary>
    public const string DocumentPage = "/docs";

    private const string Policy =
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; connect-src 'self'; "
        + "base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

    private static readonly string DocumentPolicy = Loosen("style-src 'self'", "style-src 'self' 'unsafe-inline'",
        Loosen("script-src 'self'", "script-src 'self' 'unsafe-inline'", Policy)) + "; font-src 'self' data:; worker-src 'self' blob:";

    public static void Write(HttpContext context)
    {
        IHeaderDictionary headers = context.Response.Headers;
        headers[HeaderNames.XContentTypeOptions] = "nosniff";
        headers[HeaderNames.ContentSecurityPolicy] = context.Request.Path.StartsWithSegments(DocumentPage, StringComparison.Ordinal)
            ? DocumentPolicy
            : Policy;
        // With no-referrer, browsers call the page's own form to sign in one from another site (Origin: null).
        headers["Referrer-Policy"] = "same-origin";
        headers["Cross-Origin-Opener-Policy"] = "same-origin";
        headers["Cross-Origin-Resource-Policy"] = "same-origin";
        headers["Permissions-Policy"] = "camera=(), microphone=(), geolocation=()";
        headers[HeaderNames.CacheControl] = "no-store";
    }

    /// <summary>The same for a page that has styles of its own, and scripts from here.</summary>
    public static void AllowStyles(HttpResponse response) =>
        response.Headers[HeaderNames.ContentSecurityPolicy] = Loosen("style-src 'self'", "style-src 'self' 'unsafe-inline'", Policy);

    private static string Loosen(string strict, string loose, string policy) => policy.Replace(strict, loose, StringComparison.Ordinal);
}
