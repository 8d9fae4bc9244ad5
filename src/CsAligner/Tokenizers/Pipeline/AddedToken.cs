namespace CsAligner.Tokenizers.Pipeline;

/// <summary>A token that is found in a text before anything else is done with it.</summary>
/// <param name="Content">The text to find.</param>
/// <param name="Id">Its id.</param>
/// <param name="SingleWord">Matches only without an adjacent word character.</param>
/// <param name="StripLeft">It takes the white space before it along.</param>
/// <param name="StripRight">It takes the white space behind it along.</param>
/// <param name="Normalized">It is looked for after normalisation, in its own normalised form.</param>
/// <param name="Special">No ordinary text holds it.</param>
internal sealed record AddedToken(string Content, int Id, bool SingleWord, bool StripLeft, bool StripRight, bool Normalized, bool Special)
{
    private const int LongestContent = 1024;

    public static AddedToken Read(JsonView json, Vocabulary vocabulary)
    {
        json.Allow("id", "content", "single_word", "lstrip", "rstrip", "normalized", "special");
        JsonView content = json.Required("content");
        string text = content.Text();
        if (text.Length > LongestContent)
            throw content.Malformed($"{text.Length} characters; the limit is {LongestContent}");
        int id = json.Required("id").Id();
        if (vocabulary.TryGet(text, out int known) && known != id)
            throw json.Malformed($"{JsonView.Shown(text)} has the id {id}, but {known} in the model's vocabulary");
        bool special = json.Flag("special", false);
        return new AddedToken(text, id, json.Flag("single_word", false), json.Flag("lstrip", false), json.Flag("rstrip", false),
            json.Flag("normalized", !special), special);
    }
}
