using System.Net;
using System.Text.Json;
using CsAligner.Server.Tests.Serving;
using Microsoft.AspNetCore.Routing;

namespace CsAligner.Server.Tests;

public sealed class OpenApiTests(Service service) : IClassFixture<Service>
{
    // A value for each parameter of an address.
    private static readonly Dictionary<string, string> Values = new(StringComparer.Ordinal)
    {
        ["q"] = "a cat",
        ["like"] = "text:1",
        ["vector"] = $"[{string.Join(',', Enumerable.Repeat("0.1", 192))}]",
        ["without"] = "the sun",
        ["without_like"] = "text:2",
        ["find"] = "images",
        ["top"] = "3",
        ["offset"] = "1",
        ["min_score"] = "auto",
        ["filter"] = """{"attribute":"colour","equals":"red"}""",
        ["exact"] = "true",
        ["limit"] = "5",
        ["after"] = "text:1",
        ["size"] = "64",
    };

    [Fact]
    public async Task ItSaysWhatTheServiceAnswersAndNothingElse()
    {
        JsonElement document = await service.GetAsync("/openapi.json");
        string[] said = [.. Operations(document).Select(operation => $"{operation.Method.ToUpperInvariant()} {operation.Path}")];
        string[] mapped =
        [
            .. service.Server.Endpoints.OfType<RouteEndpoint>()
                .SelectMany(endpoint => endpoint.Metadata.GetMetadata<HttpMethodMetadata>()?.HttpMethods
                    .Select(method => (method, endpoint))
                    ?? [("GET", endpoint)])
                .Select(each => $"{each.method} /{each.endpoint.RoutePattern.RawText!.TrimStart('/')}")

                // The page of this document is a library's.
                .Where(each => !each.StartsWith("GET /docs", StringComparison.Ordinal)),
        ];
        Assert.Equal(mapped.Order(StringComparer.Ordinal), said.Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task EveryParameterThatItNamesIsAccepted()
    {
        JsonElement document = await service.GetAsync("/openapi.json");
        int asked = 0;
        foreach (var (path, method, operation) in Operations(document))
        {
            if (!operation.TryGetProperty("parameters", out JsonElement parameters)) continue;
            foreach (JsonElement parameter in parameters.EnumerateArray().Select(each => Resolve(document, each)))
            {
                if (parameter.Text("in") != "query") continue;
                string name = parameter.Text("name"), start = path == "/v1/search" && name is not "q" ? "q=a+cat&" : "";
                string filled = path.Replace("{id}", "image%3A1", StringComparison.Ordinal);
                string address = $"{filled}?{start}{name}={Uri.EscapeDataString(Values[name])}";
                using HttpResponseMessage response = await service.Client.GetAsync(address, TestContext.Current.CancellationToken);
                Assert.True(response.StatusCode == HttpStatusCode.OK, $"{method} {address}: {response.StatusCode}");
                asked++;
            }
        }

        Assert.Equal(Values.Count, asked);
    }

    [Fact]
    public async Task EveryReferenceLeadsSomewhere()
    {
        JsonElement document = await service.GetAsync("/openapi.json");
        string[] references = [.. References(document)];
        Assert.NotEmpty(references);
        Assert.All(references, reference => Find(document, reference));
    }

    [Fact]
    public async Task ItsPageIsServed()
    {
        using HttpResponseMessage response = await service.NewClient(new SocketsHttpHandler()).GetAsync("/docs",
            TestContext.Current.CancellationToken);
        Assert.Equal("text/html", response.Content.Headers.ContentType?.MediaType);
    }

    internal static IEnumerable<(string Path, string Method, JsonElement Operation)> Operations(JsonElement document) =>
        document.GetProperty("paths").EnumerateObject().SelectMany(path => path.Value.EnumerateObject()
            .Where(operation => operation.Name is "get" or "put" or "post" or "delete" or "patch" or "head" or "options")
            .Select(operation => (path.Name, operation.Name, operation.Value)));

    private static JsonElement Resolve(JsonElement document, JsonElement element) =>
        element.TryGetProperty("$ref", out JsonElement reference) ? Find(document, reference.GetString()!) : element;

    private static JsonElement Find(JsonElement document, string reference)
    {
        Assert.StartsWith("#/", reference, StringComparison.Ordinal);
        return reference[2..].Split('/').Aggregate(document, (at, name) => at.GetProperty(name));
    }

    private static IEnumerable<string> References(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.Object => element.EnumerateObject().SelectMany(property =>
            property is { Name: "$ref", Value.ValueKind: JsonValueKind.String }
                ? [property.Value.GetString()!]
                : References(property.Value)),
        JsonValueKind.Array => element.EnumerateArray().SelectMany(References),
        _ => [],
    };
}
