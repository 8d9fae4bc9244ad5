using System.Security.Cryptography;
using CsAligner.Retrieval;
using CsAligner.Search;
using CsAligner.Search.Items;
using CsAligner.Server.Configuration;
using CsAligner.Server.Pictures;
using CsAligner.Server.Requests;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Net.Http.Headers;

namespace CsAligner.Server.Routes;

/// <summary><c>/v1/items/ID/picture</c>: the file, or a small picture of it.</summary>
internal sealed class PictureRoutes(ISearchIndex index, PictureStore pictures, PictureDecoders decoders, SearchServerOptions options)
{
    private const int SmallestSide = 16, LargestSide = 1_024;

    private static readonly string[] Fields = ["size"];

    private readonly ThumbnailCache _thumbnails = new();

    public void Map(IEndpointRouteBuilder routes) => routes.MapGet("/v1/items/{id}/picture", (RequestDelegate)GetAsync);

    private async Task GetAsync(HttpContext context)
    {
        var fields = await RequestFields.ReadAsync(context, Fields, 0);
        int side = fields.Number("size", 0, SmallestSide, LargestSide);
        string id = ItemId.Of(context);
        IReadOnlyList<SearchItem> found = await index.GetAsync([id], context.RequestAborted);
        if (found is not [var item]) throw ItemId.Missing(id);
        if (item.Kind != RowKind.Image || pictures.Find(item.Path) is not { } path)
            throw new RequestException(StatusCodes.Status404NotFound, $"the item '{RequestFields.Short(id)}' has no picture here");
        var file = new FileInfo(path);
        string version = $"{path}\0{file.LastWriteTimeUtc.Ticks}\0{file.Length}\0{side}";
        string tag = $"\"{Convert.ToHexStringLower(SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(version)))[..32]}\"";
        context.Response.Headers[HeaderNames.ETag] = tag;
        context.Response.Headers[HeaderNames.CacheControl] = "private, max-age=300";
        if (context.Request.Headers.IfNoneMatch == tag)
        {
            context.Response.StatusCode = StatusCodes.Status304NotModified;
            return;
        }

        byte[] picture;
        string type;
        if (side == 0)
        {
            picture = pictures.Read(path);
            type = PictureStore.MediaType(picture) ?? throw new RequestException(StatusCodes.Status415UnsupportedMediaType,
                "the picture is neither PNG, JPEG nor WebP");
        }
        else
        {
            type = "image/webp";
            picture = _thumbnails.Find(tag) ?? _thumbnails.Keep(tag, await decoders.RunAsync(
                PictureJob.ForThumbnail(side, options.PictureLimits), pictures.Read(path), context.RequestAborted));
        }

        context.Response.ContentType = type;
        context.Response.ContentLength = picture.Length;
        await context.Response.Body.WriteAsync(picture, context.RequestAborted);
    }
}
