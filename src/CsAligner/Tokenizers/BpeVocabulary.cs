using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using CsAligner.Tensors;
using CsAligner.Tensors.Formats;
using CsAligner.Tokenizers.Characters;
using CsAligner.Tokenizers.Pieces;
using CsAligner.Tokenizers.Pipeline;

namespace CsAligner.Tokenizers;

/// <summary>
/// The tokens and merges of a byte-level BPE in CLIP's manner, as Hugging Face's folders hold them: <c>vocab.json</c>
/// (token to id) and <c>merges.txt</c> (one pair to a line, best first, behind a version line).
/// </summary>
public sealed class BpeVocabulary
{
    /// <summary>The mark of a token that ends a word.</summary>
    internal const string WordEnd = "</w>";

    private const string VersionLine = "#version: 0.2";
    private const int LargestFile = 32 << 20;
    private const int LongestLine = 4096;

    private readonly Dictionary<string, int> _ids;

    internal BpeVocabulary(IReadOnlyList<string> tokens, IReadOnlyList<BpeMerge> merges)
    {
        Tokens = tokens;
        Merges = merges;
        _ids = new Dictionary<string, int>(tokens.Count, StringComparer.Ordinal);
        for (int id = 0; id < tokens.Count; id++)
            _ids.Add(tokens[id], id);
    }

    /// <summary>Every token; its index is its id. Bytes are written as in <c>vocab.json</c>.</summary>
    public IReadOnlyList<string> Tokens { get; }

    /// <summary>The merges, best first.</summary>
    public IReadOnlyList<BpeMerge> Merges { get; }

    internal int IdOf(string token) => _ids[token];

    /// <summary>
    /// Reads <c>vocab.json</c> and <c>merges.txt</c> of a folder and checks them against each other; if there is only a
    /// <c>tokenizer.json</c>, as version 5 of transformers writes it, what that holds of both.
    /// </summary>
    /// <exception cref="InputException">
    /// A file is missing, over 32 MiB, not UTF-8 or malformed; ids repeat or leave a hole; a byte or one of the two
    /// special tokens has no id; a merge repeats, or names or makes a token that the vocabulary lacks.
    /// </exception>
    public static BpeVocabulary Read(string folder)
    {
        ArgumentNullException.ThrowIfNull(folder);
        string vocabularyFile = Path.Combine(folder, "vocab.json"), whole = Path.Combine(folder, HuggingFaceTokenizer.FileName);
        if (!File.Exists(vocabularyFile) && File.Exists(whole)) return ReadWhole(whole);
        string mergesFile = Path.Combine(folder, "merges.txt");
        string[] tokens = ReadTokens(vocabularyFile);
        var vocabulary = new BpeVocabulary(tokens, []);
        RequireBaseTokens(vocabulary, vocabularyFile);
        return new BpeVocabulary(tokens, ReadMerges(mergesFile, vocabulary));
    }

    /// <summary>Writes <c>vocab.json</c> and <c>merges.txt</c> into a folder, which is made when missing.</summary>
    /// <exception cref="InputException">The folder cannot be written.</exception>
    public void Write(string folder)
    {
        ArgumentNullException.ThrowIfNull(folder);
        try
        {
            Directory.CreateDirectory(folder);
            AtomicFile.Write(Path.Combine(folder, "vocab.json"), file =>
            {
                using var json = new Utf8JsonWriter(file, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });
                json.WriteStartObject();
                for (int id = 0; id < Tokens.Count; id++)
                    json.WriteNumber(Tokens[id], id);
                json.WriteEndObject();
            });

            var lines = new StringBuilder(VersionLine + "\n");
            foreach (BpeMerge merge in Merges)
                lines.Append(CultureInfo.InvariantCulture, $"{merge.Left} {merge.Right}\n");
            AtomicFile.WriteAllText(Path.Combine(folder, "merges.txt"), lines.ToString());
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            throw new InputException(
                $"writing the tokenizer to {folder}: {problem.Message} Choose a writable folder with enough space.", problem);
        }
    }

    private static string[] ReadTokens(string file)
    {
        byte[] bytes = ReadFile(file);
        var ids = new Dictionary<string, int>(StringComparer.Ordinal);
        try
        {
            var reader = new Utf8JsonReader(LenientJson.ToPlain(bytes).Span,
                new JsonReaderOptions { AllowTrailingCommas = true, CommentHandling = JsonCommentHandling.Skip });
            if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
                throw Malformed(file, "expected an object of token: id");
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                string token = reader.GetString()!;
                if (!reader.Read() || reader.TokenType != JsonTokenType.Number || !reader.TryGetInt32(out int id) || id < 0)
                    throw Malformed(file, $"token {JsonView.Shown(token)} should have a whole number of at least 0 as its id");
                if (!ids.TryAdd(token, id))
                    throw Malformed(file, $"token {JsonView.Shown(token)} occurs twice");
            }

            // Anything behind the object is an error of the reader itself.
            while (reader.Read())
            {
            }
        }
        catch (Exception problem) when (problem is JsonException or InvalidOperationException)
        {
            // GetString throws InvalidOperationException on bytes that are not UTF-8.
            throw Malformed(file, $"not valid JSON ({problem.Message})", problem);
        }

        return InOrder(ids, file);
    }

    private static string[] InOrder(Dictionary<string, int> ids, string file)
    {
        var tokens = new string[ids.Count];
        foreach ((string token, int id) in ids)
        {
            if (id >= tokens.Length)
                throw Malformed(
                    file,
                    $"{tokens.Length} tokens should have all ids from 0 to {tokens.Length - 1}, but "
                        + $"token {JsonView.Shown(token)} has {id}");
            if (tokens[id] is not null)
                throw Malformed(file, $"tokens {JsonView.Shown(tokens[id])} and {JsonView.Shown(token)} share the id {id}");
            tokens[id] = token;
        }

        return tokens;
    }

    private static void RequireBaseTokens(BpeVocabulary vocabulary, string file)
    {
        foreach (string special in (ReadOnlySpan<string>)[ClipText.StartOfText, ClipText.EndOfText])
        {
            if (!vocabulary._ids.ContainsKey(special))
                throw Malformed(file, $"the special token {special} is missing");
        }

        for (int value = 0; value < 256; value++)
        {
            string token = ByteAlphabet.CharacterOf((byte)value).ToString();
            if (!vocabulary._ids.ContainsKey(token) || !vocabulary._ids.ContainsKey(token + WordEnd))
                throw Malformed(
                    file,
                    $"byte 0x{value:X2} needs the tokens {JsonView.Shown(token)} and {JsonView.Shown(token + WordEnd)}; one is missing");
        }
    }

    private static BpeVocabulary ReadWhole(string file)
    {
        try
        {
            using var json = LenientJson.Parse(ReadFile(file), new JsonDocumentOptions { AllowDuplicateProperties = false, MaxDepth = 32 });
            var model = new JsonView(json.RootElement, "", file).Required("model");
            if (model.Text("end_of_word_suffix", "") != WordEnd || model.Text("type", "BPE") != "BPE")
                throw Malformed(file, $"expected a CLIP tokenizer: byte pair encoding with the ending {WordEnd}");
            string[] tokens =
                InOrder(model.Required("vocab").Members()
                    .ToDictionary(token => token.Name, token => token.Value.Id(), StringComparer.Ordinal), file);
            var vocabulary = new BpeVocabulary(tokens, []);
            RequireBaseTokens(vocabulary, file);

            // Newer files hold pairs.
            var merges = model.Required("merges").Items()
                .Select(merge => merge.Kind == JsonValueKind.Array
                    ? string.Join(' ', merge.Items().Select(part => part.Text()))
                    : merge.Text());
            return new BpeVocabulary(tokens, ReadMerges(string.Join('\n', merges), file, vocabulary));
        }
        catch (Exception problem) when (problem is JsonException or InvalidOperationException)
        {
            throw Malformed(file, $"not valid JSON ({problem.Message})", problem);
        }
    }

    private static List<BpeMerge> ReadMerges(string file, BpeVocabulary vocabulary)
    {
        try
        {
            return ReadMerges(new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(ReadFile(file)), file, vocabulary);
        }
        catch (DecoderFallbackException problem)
        {
            throw Malformed(file, "not UTF-8", problem);
        }
    }

    private static List<BpeMerge> ReadMerges(string text, string file, BpeVocabulary vocabulary)
    {
        var merges = new List<BpeMerge>();
        var known = new HashSet<BpeMerge>();
        int number = 0;
        ReadOnlySpan<char> lines = text.AsSpan().TrimStart('\uFEFF');
        foreach (Range line in lines.Split('\n'))
        {
            number++;
            ReadOnlySpan<char> content = lines[line].TrimEnd('\r');
            if (content.IsEmpty || (number == 1 && content.Contains("#version", StringComparison.Ordinal)))
                continue;
            if (content.Length > LongestLine)
                throw Malformed(file, $"line {number} has {content.Length} characters; a merge is two tokens");
            BpeMerge merge = ParseMerge(content, file, number);
            foreach (string token in (ReadOnlySpan<string>)[merge.Left, merge.Right, merge.Left + merge.Right])
            {
                if (!vocabulary._ids.ContainsKey(token))
                    throw Malformed(file, $"line {number} needs the token {JsonView.Shown(token)}, which the vocabulary does not have");
            }

            if (!known.Add(merge))
                throw Malformed(file, $"line {number} repeats the merge {JsonView.Shown(merge.Left)} {JsonView.Shown(merge.Right)}");
            merges.Add(merge);
        }

        return merges;
    }

    private static BpeMerge ParseMerge(ReadOnlySpan<char> line, string file, int number)
    {
        int space = line.IndexOf(' ');
        if (space <= 0 || space == line.Length - 1 || line[(space + 1)..].Contains(' '))
            throw Malformed(file, $"line {number} should be two tokens separated by a space, got {JsonView.Shown(line.ToString())}");
        return new BpeMerge(line[..space].ToString(), line[(space + 1)..].ToString());
    }

    private static byte[] ReadFile(string file)
    {
        try
        {
            var info = new FileInfo(file);
            if (info.Exists && info.Length > LargestFile)
                throw Malformed(file, $"{info.Length} bytes; the limit is {LargestFile}");
            return File.ReadAllBytes(file);
        }
        catch (Exception problem) when (problem is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new InputException(
                $"reading the tokenizer: {file} is missing; give a folder with vocab.json and merges.txt, or tokenizer.json.", problem);
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            throw new InputException($"reading the tokenizer: {file} cannot be read: {problem.Message}", problem);
        }
    }

    private static InputException Malformed(string file, string what, Exception? cause = null) =>
        new($"reading the tokenizer: {file}: {what}; download the file again, or train the tokenizer again.", cause);

    /// <summary>The merges on ids, applied in CLIP's way.</summary>
    internal BpeMerges MergesOfIds()
    {
        var merges = new BpeMerges(Merges.Count, everywhere: true);
        for (int rank = 0; rank < Merges.Count; rank++)
        {
            BpeMerge merge = Merges[rank];
            merges.Add(IdOf(merge.Left), IdOf(merge.Right), rank, IdOf(merge.Left + merge.Right));
        }

        return merges;
    }
}
