using System.Text.Json;

namespace CsAligner.Tokenizers.Pipeline;

/// <summary>Reads the section "model".</summary>
internal static class ModelReader
{
    public static IWordModel Read(JsonView json) => TypeOf(json) switch
    {
        "BPE" => BpeModel.Read(json),
        "WordPiece" => WordPieceModel.Read(json),
        "Unigram" => UnigramModel.Read(json),
        "WordLevel" => WordLevelModel.Read(json),
        var other => throw json.Unknown("model", other),
    };

    /// <summary>The id of the unknown token, or -1 if there is none.</summary>
    public static int UnknownId(JsonView json, Vocabulary vocabulary, string otherwise = "")
    {
        string token = json.Text("unk_token", otherwise);
        if (token.Length == 0)
            return -1;
        return vocabulary.TryGet(token, out int id)
            ? id
            : throw json.Malformed($"unk_token is {JsonView.Shown(token)}, which the vocabulary does not have");
    }

    // Old files do not say: by what only one of them has.
    private static string TypeOf(JsonView json)
    {
        if (json.Optional("type") is { } type)
            return type.Text();
        return json.Optional("merges") is not null ? "BPE"
            : json.Required("vocab").Kind == JsonValueKind.Array ? "Unigram"
            : json.Optional("continuing_subword_prefix") is not null ? "WordPiece" : "WordLevel";
    }
}
