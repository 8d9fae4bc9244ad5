using System.Text.Json;
using CsAligner.Tensors;

namespace CsAligner.Data.Datasets.Samples;

/// <summary>
/// A place in the shuffled order of a data set, to continue from with the same order: what the generator is at, how far parts are read,
/// and which samples wait in the buffer. It grows with the buffer (about 12 bytes a sample as JSON), not with the data set.
/// </summary>
/// <param name="Fingerprint">Of the data set.</param>
/// <param name="Seed">The seed of all epochs.</param>
/// <param name="Epoch">The epoch, from 0.</param>
/// <param name="BufferSize">Samples that the buffer holds at most.</param>
/// <param name="Random">The state of the epoch's generator.</param>
/// <param name="NextPart">How many parts of the epoch's order have been read to their ends.</param>
/// <param name="NextSample">How many samples of the part that follows have been read.</param>
/// <param name="Buffer">The waiting samples: part and number within it.</param>
public sealed record SamplePosition(
    string Fingerprint, ulong Seed, int Epoch, int BufferSize, ulong[] Random, int NextPart, int NextSample,
    IReadOnlyList<(int Part, int Sample)> Buffer)
{
    /// <summary>The position as JSON.</summary>
    public string ToJson()
    {
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream))
        {
            json.WriteStartObject();
            json.WriteString("fingerprint", Fingerprint);
            json.WriteNumber("seed", Seed);
            json.WriteNumber("epoch", Epoch);
            json.WriteNumber("buffer_size", BufferSize);
            json.WriteStartArray("random");
            foreach (ulong word in Random) json.WriteNumberValue(word);
            json.WriteEndArray();
            json.WriteNumber("next_part", NextPart);
            json.WriteNumber("next_sample", NextSample);
            json.WriteStartArray("buffer");
            foreach ((int part, int sample) in Buffer)
            {
                json.WriteNumberValue(part);
                json.WriteNumberValue(sample);
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        return System.Text.Encoding.UTF8.GetString(stream.ToArray());
    }

    /// <summary>Reads what <see cref="ToJson"/> wrote.</summary>
    /// <param name="json">The text.</param>
    /// <exception cref="InputException">It is not a position.</exception>
    public static SamplePosition Parse(string json)
    {
        try
        {
            using var document = JsonDocument.Parse(json, new JsonDocumentOptions { AllowDuplicateProperties = false });
            JsonElement root = document.RootElement;
            int[] buffer = [.. root.GetProperty("buffer").EnumerateArray().Select(v => v.GetInt32())];
            var position = new SamplePosition(
                root.GetProperty("fingerprint").GetString() ?? "",
                root.GetProperty("seed").GetUInt64(),
                root.GetProperty("epoch").GetInt32(),
                root.GetProperty("buffer_size").GetInt32(),
                [.. root.GetProperty("random").EnumerateArray().Select(v => v.GetUInt64())],
                root.GetProperty("next_part").GetInt32(),
                root.GetProperty("next_sample").GetInt32(),
                [.. buffer.Chunk(2).Where(pair => pair.Length == 2).Select(pair => (pair[0], pair[1]))]);
            bool sound = position is { Epoch: >= 0, BufferSize: >= 1, NextPart: >= 0, NextSample: >= 0 } && position.Random.Length == 4
                && position.Random.Any(word => word != 0)
                && buffer.Length % 2 == 0 && buffer.All(v => v >= 0) && position.Buffer.Count <= position.BufferSize;
            return sound ? position : throw new FormatException("its numbers do not match");
        }
        catch (Exception failure) when (failure is JsonException or InvalidOperationException or KeyNotFoundException or FormatException)
        {
            throw new InputException($"cannot read the position in a data set: {failure.Message}; start the epoch again", failure);
        }
    }
}
