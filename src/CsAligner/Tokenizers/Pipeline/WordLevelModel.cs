namespace CsAligner.Tokenizers.Pipeline;

/// <summary>"WordLevel": a word is one token or unknown.</summary>
internal sealed class WordLevelModel : IWordModel
{
    private readonly int _unknown;

    private WordLevelModel(JsonView json)
    {
        json.Allow("type", "unk_token", "vocab");
        Vocabulary = Vocabulary.Read(json.Required("vocab"));
        _unknown = ModelReader.UnknownId(json, Vocabulary);
        if (_unknown < 0)
            throw json.Malformed("unk_token is missing");
    }

    public Vocabulary Vocabulary { get; }

    public static WordLevelModel Read(JsonView json) => new(json);

    public void Encode(ReadOnlySpan<char> word, List<int> ids) => ids.Add(Vocabulary.TryGet(word, out int id) ? id : _unknown);
}
