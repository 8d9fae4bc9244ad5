using System.Text;
using System.Text.Json;

namespace CsAligner.Fuzz.Mutation;

/// <summary>Changes of values, keys and members of a JSON text, which leave it JSON; on other bytes, changes of bytes.</summary>
internal sealed class JsonMutations(Random random, string[] words)
{
    private static readonly string[] Values =
    [
        "null", "true", "false", "[]", "{}", "[[]]", "\"\"", "\"\\u0000\"", "\"\\ud800\"", "\"\\u001b[31m\"", "\"a\\nb\"", "\"..\"",
        "\"../x\"", "\"/x\"", "[null]", "[1,2,3]", "{\"\":0}",
        new string('[', 70) + new string(']', 70), "\"" + new string('a', 5000) + "\"", "\"" + new string('\u00e9', 300) + "\"",
    ];

    private readonly ByteMutations _bytes = new(random, words);

    public byte[] Mutate(byte[] part, byte[] other)
    {
        List<JsonPiece> pieces = JsonPiece.Find(part);
        if (pieces.Count == 0) return _bytes.Mutate(part);
        JsonPiece piece = pieces[random.Next(pieces.Count)];
        switch (random.Next(10))
        {
            case 0 or 1:
                return Replace(part, piece.Value, Value());
            case 2:
                return Replace(part, piece.Value, Some(part, pieces));
            case 3:
                return Replace(part, piece.Value, Some(other, JsonPiece.Find(other)));
            case 4:
                return Remove(part, piece);
            case 5:
                // Twice the same member, or element.
                return Replace(part, new Range(piece.Whole.End, piece.Whole.End), [(byte)',', .. part[piece.Whole]]);
            case 6 when piece.Key is { } key:
                return Replace(part, key, Text(_bytes.Word()));
            case 7 when piece.Key is not null:
                return Replace(part, new Range(piece.Whole.Start, piece.Whole.Start),
                    [.. Text(_bytes.Word()), (byte)':', .. Value(), (byte)',']);
            case 8:
                byte[] value = part[piece.Value];
                return value.Length == 0 ? part : Replace(part, piece.Value, _bytes.Mutate(value));
            default:
                return Replace(part, piece.Value, Encoding.UTF8.GetBytes(ByteMutations.Numbers[random.Next(ByteMutations.Numbers.Count)]));
        }
    }

    private byte[] Value() => random.Next(3) switch
    {
        0 => Text(_bytes.Word()),
        1 => Encoding.UTF8.GetBytes(ByteMutations.Numbers[random.Next(ByteMutations.Numbers.Count)]),
        _ => Encoding.UTF8.GetBytes(Values[random.Next(Values.Length)]),
    };

    private byte[] Some(byte[] text, List<JsonPiece> pieces) =>
        pieces.Count == 0 ? "null"u8.ToArray() : text[pieces[random.Next(pieces.Count)].Value];

    private static byte[] Text(string word) => [(byte)'"', .. JsonEncodedText.Encode(word).EncodedUtf8Bytes, (byte)'"'];

    private static byte[] Replace(byte[] text, Range range, byte[] piece) => [.. text[..range.Start], .. piece, .. text[range.End..]];

    private static byte[] Remove(byte[] text, JsonPiece piece)
    {
        // The comma behind goes too, or else the one before.
        int start = piece.Whole.Start.Value, end = piece.Whole.End.Value;
        int behind = end;
        while (behind < text.Length && text[behind] <= ' ') behind++;
        int before = start - 1;
        while (before >= 0 && text[before] <= ' ') before--;
        if (behind < text.Length && text[behind] == ',') end = behind + 1;
        else if (before >= 0 && text[before] == ',') start = before;
        return [.. text[..start], .. text[end..]];
    }
}
