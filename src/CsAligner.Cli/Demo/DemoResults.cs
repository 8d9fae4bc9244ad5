using System.Text.Json;
using CsAligner.Tensors.Formats;

namespace CsAligner.Cli.Demo;

/// <summary>results.json: for each split, method and seed every key of <c>evaluate</c>.</summary>
internal static class DemoResults
{
    public static void Write(string path, IEnumerable<DemoOutcome> outcomes) => AtomicFile.Write(path, stream =>
    {
        using var writer = new Utf8JsonWriter(stream, new JsonWriterOptions { Indented = true });
        WriteArray(writer, outcomes);
    });

    /// <summary>The array of results, as the file holds it and <c>--json</c> prints it.</summary>
    public static void WriteArray(Utf8JsonWriter writer, IEnumerable<DemoOutcome> outcomes)
    {
        writer.WriteStartArray();
        foreach (var outcome in outcomes)
        {
            writer.WriteStartObject();
            writer.WriteString("split", outcome.Test.Name);
            writer.WriteString("method", outcome.Method.Key);
            writer.WriteNumber("seed", outcome.Seed);
            outcome.Measures.WriteProperties(writer);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }
}
