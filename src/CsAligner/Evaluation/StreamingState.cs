using System.Text.Json;
using CsAligner.Tensors;
using CsAligner.Tensors.Formats;

namespace CsAligner.Evaluation;

/// <summary>The file that a streamed measurement continues from: what it measures, and how far each block has come.</summary>
internal static class StreamingState
{
    public static void Save(string path, string identity, IEnumerable<StreamedKernelTotal> terms)
    {
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream))
        {
            writer.WriteStartObject();
            writer.WriteString("measurement", identity);
            writer.WriteStartArray("terms");
            foreach (var term in terms)
            {
                writer.WriteStartArray();
                foreach (long number in term.Save()) writer.WriteNumberValue(number);
                writer.WriteEndArray();
            }

            writer.WriteEndArray();
            writer.WriteEndObject();
        }

        AtomicFile.WriteAllBytes(path, stream.ToArray());
    }

    /// <exception cref="InputException">The file belongs to another measurement or another program.</exception>
    public static void Restore(string path, string identity, IReadOnlyList<StreamedKernelTotal> terms)
    {
        bool fits;
        try
        {
            using var document = JsonDocument.Parse(File.ReadAllBytes(path));
            if (document.RootElement.GetProperty("measurement").GetString() != identity)
                throw new InputException($"measure: '{path}' has the progress of other rows, another bandwidth or another SIMD path; "
                    + "name another file or remove it");
            var saved = document.RootElement.GetProperty("terms").EnumerateArray()
                .Select(t => t.EnumerateArray().Select(n => n.GetInt64()).ToArray()).ToArray();
            fits = saved.Length == terms.Count && terms.Zip(saved).All(pair => pair.First.Restore(pair.Second));
        }
        catch (Exception failure) when (failure is JsonException or InvalidOperationException or KeyNotFoundException or FormatException
            or IOException or UnauthorizedAccessException)
        {
            throw new InputException($"measure: '{path}' is not the progress of a measurement; name another file or remove it",
                failure);
        }

        if (!fits) throw new InputException($"measure: '{path}' does not fit this measurement; remove it");
    }
}
