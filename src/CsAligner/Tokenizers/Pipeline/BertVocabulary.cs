using System.Buffers;
using System.Text;
using System.Text.Json;
using CsAligner.Tensors;

namespace CsAligner.Tokenizers.Pipeline;

/// <summary>
/// BERT's older files: <c>vocab.txt</c>, a token to a line, and settings in <c>tokenizer_config.json</c>. They become the
/// <c>tokenizer.json</c> that transformers makes of them.
/// </summary>
internal sealed record BertVocabulary
{
    public const string FileName = "vocab.txt";

    // Their tokenizers are BERT's, whatever their models do.
    private static readonly string[] Classes = ["Bert", "DistilBert", "Electra", "MobileBert", "SqueezeBert", "MPNet", "ConvBert"];

    private BertVocabulary()
    {
    }

    /// <summary>The settings of BERT's uncased models.</summary>
    public static BertVocabulary Default { get; } = new();

    private bool Lowercase { get; init; } = true;

    private bool StripAccents { get; init; } = true;

    private bool SplitIdeographs { get; init; } = true;

    private string Unknown { get; init; } = "[UNK]";

    private string First { get; init; } = "[CLS]";

    private string Last { get; init; } = "[SEP]";

    private string Padding { get; init; } = "[PAD]";

    private string Mask { get; init; } = "[MASK]";

    /// <summary>Reads the settings of <c>tokenizer_config.json</c>.</summary>
    public static BertVocabulary Read(JsonView json)
    {
        if (json.Optional("tokenizer_class")?.Text() is { } kind
            && !Classes.Contains(kind.Replace("Tokenizer", "", StringComparison.Ordinal).Replace("Fast", "", StringComparison.Ordinal)))
            throw json.Unknown("tokenizer_class of a vocab.txt", kind);
        if (!json.Flag("do_basic_tokenize", true)) throw json.Unknown("do_basic_tokenize", "false");
        if (json.Optional("never_split") is { } never && never.Items().Any()) throw never.Unknown("setting", "never_split");
        bool lowercase = json.Flag("do_lower_case", true);
        return new BertVocabulary
        {
            Lowercase = lowercase,
            StripAccents = json.Flag("strip_accents", lowercase),
            SplitIdeographs = json.Flag("tokenize_chinese_chars", true),
            Unknown = Token("unk_token", Default.Unknown),
            First = Token("cls_token", Default.First),
            Last = Token("sep_token", Default.Last),
            Padding = Token("pad_token", Default.Padding),
            Mask = Token("mask_token", Default.Mask),
        };

        string Token(string name, string otherwise) =>
            json.Optional(name) is { } token ? (token.Kind == JsonValueKind.Object ? token.Required("content") : token).Text() : otherwise;
    }

    /// <summary>The text of the <c>tokenizer.json</c>.</summary>
    /// <param name="path">The <c>vocab.txt</c>.</param>
    /// <exception cref="InputException">It is no such vocabulary.</exception>
    public byte[] ToTokenizerJson(string path)
    {
        Dictionary<string, int> ids = ReadTokens(path);
        if (new[] { Unknown, First, Last }.FirstOrDefault(token => !ids.ContainsKey(token)) is { } missing)
            throw new InputException($"reading the tokenizer: {path} has no token {JsonView.Shown(missing)}, so it is no vocabulary of "
                + "BERT's kind; give the model's vocab.txt, one token to a line");
        var buffer = new ArrayBufferWriter<byte>(ids.Count * 24);
        using var json = new Utf8JsonWriter(buffer);
        json.WriteStartObject();
        json.WriteStartArray("added_tokens");
        foreach (string token in new[] { Padding, Unknown, First, Last, Mask }.Distinct().Where(ids.ContainsKey))
        {
            json.WriteStartObject();
            json.WriteNumber("id", ids[token]);
            json.WriteString("content", token);
            json.WriteBoolean("special", true);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteStartObject("normalizer");
        json.WriteString("type", "BertNormalizer");
        json.WriteBoolean("lowercase", Lowercase);
        json.WriteBoolean("strip_accents", StripAccents);
        json.WriteBoolean("handle_chinese_chars", SplitIdeographs);
        json.WriteEndObject();
        json.WriteStartObject("pre_tokenizer");
        json.WriteString("type", "BertPreTokenizer");
        json.WriteEndObject();
        json.WriteStartObject("post_processor");
        json.WriteString("type", "BertProcessing");
        foreach (var (name, token) in ((string, string)[])[("cls", First), ("sep", Last)])
        {
            json.WriteStartArray(name);
            json.WriteStringValue(token);
            json.WriteNumberValue(ids[token]);
            json.WriteEndArray();
        }

        json.WriteEndObject();
        json.WriteStartObject("model");
        json.WriteString("type", "WordPiece");
        json.WriteString("unk_token", Unknown);
        json.WriteStartObject("vocab");
        foreach (var (token, id) in ids) json.WriteNumber(token, id);
        json.WriteEndObject();
        json.WriteEndObject();
        json.WriteEndObject();
        json.Flush();
        return buffer.WrittenSpan.ToArray();
    }

    // Where a token stands twice the later line counts, as in transformers. Replaced bytes would make two tokens one.
    private static Dictionary<string, int> ReadTokens(string path)
    {
        var ids = new Dictionary<string, int>(StringComparer.Ordinal);
        try
        {
            using var reader = new StreamReader(path, new UTF8Encoding(false, throwOnInvalidBytes: true));
            for (int id = 0; reader.ReadLine() is { } token; id++)
            {
                if (id >= Vocabulary.MostIds || token.Length > 1 << 10)
                    throw new InputException($"reading the tokenizer: {path} has too many or too long lines for a vocabulary; give the "
                        + "model's vocab.txt, one token to a line");
                ids[token] = id;
            }

            return ids;
        }
        catch (DecoderFallbackException e)
        {
            throw new InputException($"reading the tokenizer: {path} is not UTF-8 text; download the file again", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new InputException($"reading the tokenizer: {path} cannot be read: {e.Message}", e);
        }
    }
}
