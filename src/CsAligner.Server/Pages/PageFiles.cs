using System.Collections.Frozen;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;

namespace CsAligner.Server.Pages;

/// <summary>The files of the page, which are part of this assembly.</summary>
internal static class PageFiles
{
    private const string Prefix = "web/", Start = "index.html", SignIn = "sign-in.html";

    private static readonly FrozenDictionary<string, PageFile> Files = typeof(PageFiles).Assembly.GetManifestResourceNames()
        .Where(name => name.StartsWith(Prefix, StringComparison.Ordinal))
        .ToFrozenDictionary(name => name[Prefix.Length..], Read, StringComparer.Ordinal);

    /// <summary>A file by its name; null if there is none.</summary>
    public static PageFile? Find(string name) => name is Start or SignIn ? null : Files.GetValueOrDefault(name);

    /// <summary>Writes the page itself.</summary>
    public static Task WriteStartAsync(HttpContext context) => WriteAsync(context, Files[Start]);

    /// <summary>Writes the page that asks for a key, to whoever has given none.</summary>
    public static Task WriteSignInAsync(HttpContext context)
    {
        context.Response.StatusCode = StatusCodes.Status401Unauthorized;
        Headers.AllowStyles(context.Response);
        return WriteAsync(context, Files[SignIn]);
    }

    /// <summary>Writes a file, or says that the browser has it.</summary>
    public static async Task WriteAsync(HttpContext context, PageFile file)
    {
        HttpResponse response = context.Response;
        if (response.StatusCode == StatusCodes.Status200OK)
        {
            // Asked about each time, so that no page is made of two versions.
            response.Headers[HeaderNames.CacheControl] = "private, no-cache";
            response.Headers[HeaderNames.ETag] = file.Tag;
            if (context.Request.Headers.IfNoneMatch == file.Tag)
            {
                response.StatusCode = StatusCodes.Status304NotModified;
                return;
            }
        }

        response.ContentType = file.MediaType;
        response.ContentLength = file.Bytes.Length;
        await response.Body.WriteAsync(file.Bytes, context.RequestAborted);
    }

    private static PageFile Read(string resource)
    {
        using Stream stream = typeof(PageFiles).Assembly.GetManifestResourceStream(resource)!;
        var bytes = new byte[stream.Length];
        stream.ReadExactly(bytes);
        string type = Path.GetExtension(resource) switch
        {
            ".html" => "text/html; charset=utf-8",
            ".css" => "text/css; charset=utf-8",
            ".js" => "text/javascript; charset=utf-8",
            ".svg" => "image/svg+xml",
            ".png" => "image/png",
            ".webmanifest" => "application/manifest+json",
            var other => throw new InvalidOperationException($"The page has a file of no known type: {other}."),
        };
        return new PageFile(bytes, type, $"\"{Convert.ToHexStringLower(SHA256.HashData(bytes))[..32]}\"");
    }
}
