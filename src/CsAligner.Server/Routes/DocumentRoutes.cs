using Scalar.AspNetCore;
using CsAligner.Server.Pages;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace CsAligner.Server.Routes;

/// <summary>The description of the service for programs (OpenAPI), and its page.</summary>
internal static class DocumentRoutes
{
    public const string Path = "/openapi.json";

    private static readonly byte[] Document = Read();

    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet(Path, context =>
        {
            context.Response.ContentType = "application/json";
            return context.Response.Body.WriteAsync(Document, context.RequestAborted).AsTask();
        });
        routes.MapScalarApiReference(Headers.DocumentPage, scalar => scalar.WithOpenApiRoutePattern(Path).WithTitle("CsAligner search")
            .DisableDefaultFonts().DisableAgent().DisableMcp().DisableTelemetry().HideDeveloperTools().HideClientButton());
    }

    private static byte[] Read()
    {
        using Stream stream = typeof(DocumentRoutes).Assembly.GetManifestResourceStream("openapi.json")!;
        var bytes = new byte[stream.Length];
        stream.ReadExactly(bytes);
        return bytes;
    }
}
