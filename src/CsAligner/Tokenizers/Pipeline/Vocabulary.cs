using System.Collections;
using System.Globalization;

namespace CsAligner.Tokenizers.Pipeline;

/// <summary>Tokens and their ids.</summary>
internal sealed class Vocabulary
{
    /// <summary>Ids are below this: a hundred times what the largest models have, and few enough for a table.</summary>
    public const int MostIds = 1 << 24;

    private readonly Dictionary<string, int> _ids = new(StringComparer.Ordinal);
    private readonly Dictionary<string, int>.AlternateLookup<ReadOnlySpan<char>> _lookup;

    private Vocabulary() => _lookup = _ids.GetAlternateLookup<ReadOnlySpan<char>>();

    /// <summary>One more than the largest id.</summary>
    public int Size { get; private set; }

    public IReadOnlyCollection<string> Tokens => _ids.Keys;

    /// <summary>UTF-16 units of the longest token.</summary>
    public int LongestToken { get; private set; }

    /// <summary>Reads an object of token: id. Two tokens of one id are refused, holes between ids are not.</summary>
    public static Vocabulary Read(JsonView json)
    {
        var vocabulary = new Vocabulary();
        var seen = new BitArray(0);
        foreach ((string token, JsonView value) in json.Members())
        {
            int id = value.Id();
            if (id >= seen.Length)
                seen.Length = Math.Max(id + 1, Math.Min(2 * seen.Length, MostIds));
            if (seen[id])
                throw json.Malformed(
                    $"the id {id.ToString(CultureInfo.InvariantCulture)} belongs to {JsonView.Shown(token)} and to another token");
            seen[id] = true;
            vocabulary._ids.Add(token, id);
            vocabulary.Size = Math.Max(vocabulary.Size, id + 1);
            vocabulary.LongestToken = Math.Max(vocabulary.LongestToken, token.Length);
        }

        return vocabulary;
    }

    /// <summary>A vocabulary whose ids are the places in a list. If a token occurs twice, the later id counts.</summary>
    public static Vocabulary Of(IReadOnlyList<string> tokens)
    {
        var vocabulary = new Vocabulary { Size = tokens.Count, LongestToken = tokens.Max(token => token.Length) };
        for (int id = 0; id < tokens.Count; id++)
            vocabulary._ids[tokens[id]] = id;
        return vocabulary;
    }

    public bool TryGet(ReadOnlySpan<char> token, out int id) => _lookup.TryGetValue(token, out id);

    /// <summary>The ids of the tokens <c>&lt;0x00&gt;</c> to <c>&lt;0xFF&gt;</c>, -1 where one is missing.</summary>
    public int[] ByteIds() => [.. Enumerable.Range(0, 256).Select(value => _ids.GetValueOrDefault($"<0x{value:X2}>", -1))];
}
