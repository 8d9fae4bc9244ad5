using CsAligner.Server.Configuration;
using CsAligner.Server.Encoding;
using CsAligner.Server.Keys;
using CsAligner.Server.Pages;
using CsAligner.Server.Requests;
using CsAligner.Server.Security;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace CsAligner.Server.Routes;

/// <summary>The page, its files, and the session of a browser.</summary>
internal sealed class PageRoutes(Gate gate, SpaceEncoder encoder, SearchServerOptions options)
{
    private const string Wrong = "/#wrong-key";

    private static readonly string[] Fields = ["key", "sign_out"];

    public void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet("/", PageFiles.WriteStartAsync);
        routes.MapGet("/web/{name}", (RequestDelegate)FileAsync);
        routes.MapGet("/v1/session", (RequestDelegate)SessionAsync);
        routes.MapPost(Gate.SessionPath, (RequestDelegate)SignAsync);
    }

    private static Task FileAsync(HttpContext context) =>
        PageFiles.Find((string)context.Request.RouteValues["name"]!) is { } file
            ? PageFiles.WriteAsync(context, file)
            : throw new RequestException(StatusCodes.Status404NotFound, "the page has no such file");

    private Task SessionAsync(HttpContext context) => JsonAnswer.WriteAsync(context, writer =>
    {
        writer.WriteStartObject();
        writer.WriteBoolean("keys", options.Keys is not null);
        writer.WriteBoolean("write", Gate.Of(context) == Access.Write);
        writer.WriteString("model", encoder.Name);
        writer.WriteBoolean("words", encoder.TakesWords);
        writer.WriteBoolean("pictures", encoder.Preprocessing is not null);
        writer.WriteNumber("max_picture_bytes", options.MaxPictureBytes);
        writer.WriteEndObject();
    });

    private async Task SignAsync(HttpContext context)
    {
        if (!context.Request.HasFormContentType)
            throw RequestFields.Unread("expected the form of the page", StatusCodes.Status415UnsupportedMediaType);
        IFormCollection form = await context.Request.ReadFormAsync(context.RequestAborted);
        if (form.Keys.FirstOrDefault(name => !Fields.Contains(name)) is { } other)
            throw RequestFields.Unread($"there is no field '{RequestFields.Short(other)}'");
        bool isRight = true;
        if (form.ContainsKey("sign_out")) gate.End(context);
        else isRight = gate.TryBegin(context, form["key"]);
        context.Response.StatusCode = StatusCodes.Status303SeeOther;
        context.Response.Headers.Location = isRight ? "/" : Wrong;
    }
}
