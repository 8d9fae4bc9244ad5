using System.Text.Json;
using System.Text.Json.Nodes;
using CsAligner.Cli.Terminals;

namespace CsAligner.Cli;

/// <summary>What a running verb has: the terminal and the wish to stop.</summary>
internal sealed record Session(Terminal Terminal, CancellationToken Cancellation)
{
    private static readonly JsonWriterOptions Indented = new() { Indented = true, Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Prints the one JSON object of <c>--json</c> on stdout.</summary>
    public void PrintJson(JsonObject value)
    {
        using var buffer = new MemoryStream();
        using (var writer = new Utf8JsonWriter(buffer, Indented))
            value.WriteTo(writer);
        Terminal.Output.WriteLine(System.Text.Encoding.UTF8.GetString(buffer.ToArray()));
    }
}
