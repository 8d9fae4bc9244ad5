using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using CsAligner.Tensors;
using CsAligner.Tensors.Formats;
using CsAligner.Tokenizers.Pipeline;

namespace CsAligner.Tokenizers;

/// <summary>
/// The tokenizer that a <c>tokenizer.json</c> of Hugging Face's tokenizers describes: byte pair encoding (GPT-2, CLIP, Llama),
/// WordPiece (BERT), Unigram (SentencePiece) or whole words, with the normalizers, pre-tokenizers, post-processors and added tokens
/// around them. It gives the ids of Hugging Face's own library. Thread-safe.
/// </summary>
/// <remarks>
/// An unsupported setting of the file is an error that names it: dropout, ids of a second type, an expression that .NET
/// reads in another way, normalizers and pre-tokenizers beyond those of docs/tokenizers.md. Lone surrogates count as U+FFFD.
/// </remarks>
public sealed class HuggingFaceTokenizer : ITokenizer
{
    internal const string FileName = "tokenizer.json";

    private const long LargestFile = 256L << 20;
    private const int DeepestNesting = 32;

    private readonly INormalizer? _normalizer;
    private readonly IPreTokenizer? _preTokenizer;
    private readonly IWordModel _model;
    private readonly PostProcessor _marks;
    private readonly AddedTokenFinder? _plainTokens;
    private readonly AddedTokenFinder? _normalizedTokens;
    private readonly bool _truncateLeft;
    private readonly bool _padLeft;

    private HuggingFaceTokenizer(JsonView json, TokenizerConfig config)
    {
        json.Allow("version", "truncation", "padding", "added_tokens", "normalizer", "pre_tokenizer", "post_processor", "decoder", "model");
        config.RequireAgreement(json);
        _normalizer = json.Optional("normalizer") is { } normalizer ? NormalizerReader.Read(normalizer) : null;
        _preTokenizer = json.Optional("pre_tokenizer") is { } preTokenizer ? PreTokenizerReader.Read(preTokenizer) : null;
        _model = ModelReader.Read(json.Required("model"));
        _marks = json.Optional("post_processor") is { } marks ? PostProcessor.Read(marks) : PostProcessor.None;
        AddedToken[] added = json.Optional("added_tokens") is { } tokens
            ? [.. tokens.Items().Select(token => AddedToken.Read(token, _model.Vocabulary))]
            : [];
        _plainTokens = Finder(json, added, normalized: false);
        _normalizedTokens = Finder(json, added, normalized: true);
        VocabularySize = added.Select(token => token.Id + 1).Append(_model.Vocabulary.Size).Max();
        SpecialTokens = Special(added);
        RequireKnown(json.Optional("post_processor"), _marks);

        JsonView? truncation = json.Optional("truncation"), padding = json.Optional("padding");
        truncation?.Allow("direction", "max_length", "strategy", "stride");
        padding?.Allow("strategy", "direction", "pad_to_multiple_of", "pad_id", "pad_type_id", "pad_token");
        ContextLength = truncation?.Required("max_length").Id() ?? config.ContextLength;
        if (ContextLength <= _marks.Count)
            throw json.Malformed($"a text may have at most {ContextLength} ids (max_length, or model_max_length of "
                + $"tokenizer_config.json), but its marks alone are {_marks.Count}");
        _truncateLeft = IsLeft(truncation) ?? config.TruncateLeft;
        _padLeft = IsLeft(padding) ?? config.PadLeft;
        PaddingId = padding?.Optional("pad_id")?.Id() ?? PaddingOf(config, added);
        if (PaddingId >= VocabularySize)
            throw padding!.Value.Malformed($"pad_id is {PaddingId}, but there are {VocabularySize} ids");
    }

    /// <inheritdoc/>
    public int VocabularySize { get; }

    /// <summary>
    /// The id that fills up short rows: of the section "padding", else of <c>tokenizer_config.json</c>'s pad_token, else of a token
    /// [PAD] or &lt;pad&gt;, else the mark that ends a text, else 0.
    /// </summary>
    public int PaddingId { get; }

    /// <summary>The max_length of the section "truncation", else <c>tokenizer_config.json</c>'s model_max_length, else null.</summary>
    public int? ContextLength { get; }

    /// <inheritdoc/>
    public IReadOnlyDictionary<string, int> SpecialTokens { get; }

    /// <summary>
    /// Reads a <c>tokenizer.json</c>, or BERT's <c>vocab.txt</c>, and the <c>tokenizer_config.json</c> beside it if there is one. Without
    /// that, a <c>vocab.txt</c> is read as BERT's uncased models do: lower case, accents off.
    /// </summary>
    /// <param name="path">The file, or the folder that holds it.</param>
    /// <exception cref="InputException">A file is missing or damaged, or asks for something that is not known here.</exception>
    public static HuggingFaceTokenizer Load(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        string file = Directory.Exists(path) ? Path.Combine(path, FileName) : path;
        string folder = Path.GetDirectoryName(Path.GetFullPath(file))!, configFile = Path.Combine(folder, "tokenizer_config.json");
        if (!File.Exists(file) && Directory.Exists(path) && File.Exists(Path.Combine(folder, BertVocabulary.FileName)))
            file = Path.Combine(path, BertVocabulary.FileName);
        TokenizerConfig config = File.Exists(configFile) ? Parse(configFile, TokenizerConfig.Read) : TokenizerConfig.None;
        if (Path.GetFileName(file) != BertVocabulary.FileName) return Parse(file, json => new HuggingFaceTokenizer(json, config));
        BertVocabulary vocabulary = File.Exists(configFile) ? Parse(configFile, BertVocabulary.Read) : BertVocabulary.Default;
        using var json = JsonDocument.Parse(vocabulary.ToTokenizerJson(file));
        return new HuggingFaceTokenizer(new JsonView(json.RootElement, "", file), config);
    }

    /// <inheritdoc/>
    public int[] Encode(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var ids = new List<int>((text.Length / 3) + 8);
        ids.AddRange(_marks.Before);
        Append(text, ids);
        ids.AddRange(_marks.Behind);
        return [.. ids];
    }

    /// <inheritdoc/>
    public TokenBatch EncodeBatch(IReadOnlyList<string> texts, int contextLength)
    {
        ArgumentNullException.ThrowIfNull(texts);
        ArgumentOutOfRangeException.ThrowIfLessThan(contextLength, _marks.Count + 1);
        var batch = new TokenBatch(texts.Count, contextLength, _padLeft);
        var ids = new List<int>(contextLength);
        for (int i = 0; i < texts.Count; i++)
        {
            ids.Clear();
            ids.AddRange(_marks.Before);
            Append(texts[i], ids);
            int excess = ids.Count + _marks.Behind.Length - contextLength;
            if (excess > 0)
                ids.RemoveRange(_truncateLeft ? _marks.Before.Length : ids.Count - excess, excess);
            ids.AddRange(_marks.Behind);
            batch.Set(i, CollectionsMarshal.AsSpan(ids), PaddingId);
        }

        return batch;
    }

    private void Append(string text, List<int> ids)
    {
        TextBudget.Begin(text.Length);
        if (text.AsSpan().IndexOfAnyInRange('\uD800', '\uDFFF') >= 0)
            text = WellFormed(text);
        if (_plainTokens is null)
        {
            AppendPart(text, first: true, ids);
            return;
        }

        _plainTokens.Split(text, (start, length, token) =>
        {
            if (token is not null)
                ids.Add(token.Id);
            else
                AppendPart(text.Substring(start, length), start == 0, ids);
        });
    }

    private void AppendPart(string text, bool first, List<int> ids)
    {
        string normalized = _normalizer?.Normalize(text) ?? text;
        if (_normalizedTokens is null)
        {
            AppendWords(new Piece(normalized, first), ids);
            return;
        }

        _normalizedTokens.Split(normalized, (start, length, token) =>
        {
            if (token is not null)
                ids.Add(token.Id);
            else
                AppendWords(new Piece(normalized, start, length, first && start == 0), ids);
        });
    }

    private void AppendWords(Piece piece, List<int> ids)
    {
        if (piece.Length == 0)
            return;
        if (_preTokenizer is null)
        {
            _model.Encode(piece.Span, ids);
            return;
        }

        var words = new List<Piece>((piece.Length / 4) + 4);
        _preTokenizer.Split(piece, words);
        foreach (Piece word in words)
            _model.Encode(word.Span, ids);
    }

    private static string WellFormed(string text)
    {
        var result = new StringBuilder(text.Length);
        foreach (Rune rune in text.EnumerateRunes())
            result.Append(rune);
        return result.ToString();
    }

    private AddedTokenFinder? Finder(JsonView json, AddedToken[] added, bool normalized)
    {
        AddedToken[] tokens = [.. added.Where(token => token.Normalized == normalized)];
        if (tokens.Length == 0)
            return null;
        try
        {
            return new AddedTokenFinder(tokens.Select(token => (normalized ? Normalized(token.Content) : token.Content, token)));
        }
        catch (InputException problem)
        {
            throw json.Required("added_tokens").Malformed($"an added token cannot be normalized ({problem.Message.TrimEnd('.')})", problem);
        }
    }

    private string Normalized(string content)
    {
        TextBudget.Begin(content.Length);
        return _normalizer?.Normalize(content) ?? content;
    }

    private static Dictionary<string, int> Special(AddedToken[] added)
    {
        var special = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (AddedToken token in added.Where(token => token.Special))
            special[token.Content] = token.Id;
        return special;
    }

    private void RequireKnown(JsonView? json, PostProcessor marks)
    {
        foreach (int id in marks.Before.Concat(marks.Behind))
        {
            if (id >= VocabularySize)
                throw json!.Value.Malformed($"a special token has the id {id}, but there are {VocabularySize} ids");
        }
    }

    private static bool? IsLeft(JsonView? section)
    {
        if (section?.Optional("direction") is not { } direction)
            return null;
        return direction.Text() switch
        {
            "Left" => true,
            "Right" => false,
            var other => throw direction.Unknown("direction", other),
        };
    }

    private int PaddingOf(TokenizerConfig config, AddedToken[] added)
    {
        foreach (string? name in (ReadOnlySpan<string?>)[config.PaddingToken, "[PAD]", "<pad>"])
        {
            if (name is null)
                continue;
            if (added.FirstOrDefault(token => token.Content == name) is { } found)
                return found.Id;
            if (_model.Vocabulary.TryGet(name, out int id))
                return id;
        }

        return _marks.Behind is [.., var last] ? last : 0;
    }

    private static T Parse<T>(string file, Func<JsonView, T> read)
    {
        try
        {
            using FileStream source = File.OpenRead(file);
            if (source.Length > LargestFile)
                throw JsonView.Malformed(file, $"{source.Length} bytes; the limit is {LargestFile}");
            using Stream stream = LenientJson.ToPlain(source);
            using JsonDocument json =
                JsonDocument.Parse(stream,
                    new JsonDocumentOptions
                    {
                        MaxDepth = DeepestNesting,
                        AllowDuplicateProperties = false,
                        AllowTrailingCommas = true,
                        CommentHandling = JsonCommentHandling.Skip
                    });
            return read(new JsonView(json.RootElement, "", file));
        }
        catch (Exception problem) when (problem is JsonException or InvalidOperationException)
        {
            // InvalidOperation: bytes or escapes that pass as JSON and fail as text.
            throw JsonView.Malformed(file, $"not valid JSON ({problem.Message.TrimEnd('.')})", problem);
        }
        catch (Exception problem) when (problem is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new InputException($"reading the tokenizer: {file} is missing; give a tokenizer.json or the folder that holds it.",
                problem);
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            throw new InputException($"reading the tokenizer: {file} cannot be read: {problem.Message}", problem);
        }
    }
}
