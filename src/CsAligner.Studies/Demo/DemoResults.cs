using System.Text.Json;
using CsAligner.Evaluation;
using CsAligner.Tensors.Formats;

namespace CsAligner.Studies.Demo;

/// <summary>results.json: for each split, method and seed every key of <c>evaluate</c>, and recall by seen and by unseen names.</summary>
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
            WriteRecall(writer, "seen_names", outcome.Names.SeenCount, outcome.Names.Seen);
            WriteRecall(writer, "unseen_names", outcome.Names.UnseenCount, outcome.Names.Unseen);
            WrittenBy.WriteProperty(writer);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }

    private static void WriteRecall(Utf8JsonWriter writer, string key, int count, RetrievalMeasures? recall)
    {
        writer.WriteStartObject(key);
        writer.WriteNumber("count", count);
        writer.WritePropertyName("text_to_image");
        if (recall is null) writer.WriteNullValue();
        else recall.WriteJson(writer);
        writer.WriteEndObject();
    }
}
