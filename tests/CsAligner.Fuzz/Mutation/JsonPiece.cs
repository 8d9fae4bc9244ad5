using System.Text.Json;

namespace CsAligner.Fuzz.Mutation;

/// <summary>Where a value of a JSON text lies, with its key where it is a member.</summary>
internal readonly record struct JsonPiece(Range? Key, Range Value)
{
    private const int Most = 4000;

    /// <summary>Key and value.</summary>
    public Range Whole => new(Key?.Start ?? Value.Start, Value.End);

    /// <summary>The pieces of a text; of lines of them those of the first; of what is no JSON those before the mistake.</summary>
    public static List<JsonPiece> Find(byte[] text)
    {
        var found = new List<JsonPiece>();
        var open = new Stack<(Range? Key, int Start)>();
        Range? key = null;
        try
        {
            var reader = new Utf8JsonReader(text, new JsonReaderOptions { CommentHandling = JsonCommentHandling.Skip, MaxDepth = 256 });
            while (found.Count < Most && reader.Read())
            {
                int start = (int)reader.TokenStartIndex, end = (int)reader.BytesConsumed;
                switch (reader.TokenType)
                {
                    case JsonTokenType.PropertyName:
                        // The token reaches to the colon; the name ends at its quote.
                        key = new Range(start, start + reader.ValueSpan.Length + 2);
                        continue;
                    case JsonTokenType.StartObject or JsonTokenType.StartArray:
                        open.Push((key, start));
                        break;
                    case JsonTokenType.EndObject or JsonTokenType.EndArray:
                        var (opened, begin) = open.Pop();
                        found.Add(new JsonPiece(opened, new Range(begin, end)));
                        break;
                    default:
                        found.Add(new JsonPiece(key, new Range(start, end)));
                        break;
                }

                key = null;
            }
        }
        catch (JsonException)
        {
        }

        return found;
    }
}
