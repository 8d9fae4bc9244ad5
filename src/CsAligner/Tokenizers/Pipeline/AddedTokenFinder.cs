using System.Buffers;
using System.Runtime.InteropServices;
using System.Text;
using CsAligner.Tokenizers.Characters;

namespace CsAligner.Tokenizers.Pipeline;

/// <summary>Finds added tokens in a text: the leftmost, of those the longest.</summary>
internal sealed class AddedTokenFinder
{
    private readonly SearchValues<char> _first;
    private readonly Dictionary<ulong, int> _children = [];
    private readonly List<AddedToken?> _ends = [null];

    /// <param name="tokens">The tokens, and the text to search for: usually their normalised form.</param>
    public AddedTokenFinder(IEnumerable<(string Text, AddedToken Token)> tokens)
    {
        var first = new HashSet<char>();
        foreach ((string text, AddedToken token) in tokens.Where(pair => pair.Text.Length > 0))
        {
            first.Add(text[0]);
            Insert(text, token);
        }

        _first = SearchValues.Create([.. first]);
    }

    /// <summary>Hands over the parts of a text in order, with the token that a part is, or none.</summary>
    public void Split(string text, Action<int, int, AddedToken?> part)
    {
        int done = 0, from = 0;
        while (text.AsSpan(from).IndexOfAny(_first) is >= 0 and int skipped)
        {
            int start = from + skipped;
            int end = Longest(text, start, out AddedToken? token);
            from = token is null ? start + 1 : end;
            if (token is null || (token.SingleWord && !StandsAlone(text, start, end)))
                continue;
            while (token.StripLeft && start > done && char.IsWhiteSpace(text[start - 1]))
                start--;
            while (token.StripRight && end < text.Length && char.IsWhiteSpace(text[end]))
                end++;

            // White space that was taken along is done; a token that begins in it begins where that ends.
            (start, end) = (Math.Max(start, done), Math.Max(end, done));
            if (done < start)
                part(done, start - done, null);
            part(start, end - start, token);
            done = end;
        }

        if (done < text.Length)
            part(done, text.Length - done, null);
    }

    private int Longest(string text, int start, out AddedToken? token)
    {
        token = null;
        int longest = start;
        for (int end = start, node = 0; end < text.Length && _children.TryGetValue(Key(node, text[end]), out node);)
        {
            end++;
            if (_ends[node] is { } found)
                (token, longest) = (found, end);
        }

        return longest;
    }

    private static bool StandsAlone(string text, int start, int end)
    {
        bool before = start > 0 && Rune.DecodeLastFromUtf16(text.AsSpan(0, start), out Rune left, out _) == OperationStatus.Done
            && CharacterKinds.IsWord(left);
        bool behind = end < text.Length && Rune.DecodeFromUtf16(text.AsSpan(end), out Rune right, out _) == OperationStatus.Done
            && CharacterKinds.IsWord(right);
        return !before && !behind;
    }

    private void Insert(string text, AddedToken token)
    {
        int node = 0;
        foreach (char unit in text)
        {
            ref int next = ref CollectionsMarshal.GetValueRefOrAddDefault(_children, Key(node, unit), out bool known);
            if (!known)
            {
                next = _ends.Count;
                _ends.Add(null);
            }

            node = next;
        }

        _ends[node] ??= token;
    }

    private static ulong Key(int node, char unit) => ((ulong)(uint)node << 16) | unit;
}
