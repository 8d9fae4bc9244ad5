namespace CsAligner.Tokenizers.Pipeline;

/// <summary>The ids that stand before and behind the ids of every text: the section "post_processor".</summary>
internal sealed record PostProcessor(int[] Before, int[] Behind)
{
    private const int MostMarks = 256;

    public static PostProcessor None { get; } = new([], []);

    public int Count => Before.Length + Behind.Length;

    public static PostProcessor Read(JsonView json)
    {
        string type = json.Required("type").Text();
        json.Allow("type", "processors", "cls", "sep", "single", "pair", "special_tokens", "trim_offsets", "add_prefix_space", "use_regex");
        switch (type)
        {
            case "Sequence":
                return json.Required("processors").Items().Select(Read)
                    .Aggregate(None,
                        (inner, outer) => Limited(json, [.. outer.Before, .. inner.Before], [.. inner.Behind, .. outer.Behind]));
            case "ByteLevel":
                return None;
            case "BertProcessing" or "RobertaProcessing":
                return new PostProcessor([IdOf(json, "cls")], [IdOf(json, "sep")]);
            case "TemplateProcessing":
                return OfTemplate(json);
            default:
                throw json.Unknown("post-processor", type);
        }
    }

    private static PostProcessor Limited(JsonView json, List<int> before, List<int> behind) =>
        before.Count + behind.Count <= MostMarks
            ? new PostProcessor([.. before], [.. behind])
            : throw json.Malformed($"more than {MostMarks} special tokens around a text");

    // A pair of a token and its id.
    private static int IdOf(JsonView json, string name)
    {
        JsonView pair = json.Required(name);
        return pair.Items().ToArray() is [_, var id] ? id.Id() : throw pair.Malformed("expected a token and its id");
    }

    private static PostProcessor OfTemplate(JsonView json)
    {
        JsonView template = json.Required("single");
        var before = new List<int>();
        List<int>? behind = null;
        foreach (JsonView part in template.Items())
        {
            if (part.Optional("SpecialToken") is { } token)
            {
                RequireFirstType(token);
                (behind ?? before).AddRange(Ids(json, token.Required("id")).Take(MostMarks + 1));
                Limited(template, before, behind ?? []);
                continue;
            }

            JsonView sequence = part.Required("Sequence");
            RequireFirstType(sequence);
            if (sequence.Required("id").Text() != "A" || behind is not null)
                throw sequence.Malformed("expected the text A, once");
            behind = [];
        }

        return new PostProcessor([.. before], [.. behind ?? throw template.Malformed("the text A is missing")]);
    }

    // Encoders of single texts have one type of ids; another number would have to reach the model.
    private static void RequireFirstType(JsonView part)
    {
        if ((part.Optional("type_id")?.Id() ?? 0) != 0)
            throw part.Unknown("type_id", "other than 0");
    }

    private static IEnumerable<int> Ids(JsonView json, JsonView name)
    {
        JsonView tokens = json.Required("special_tokens");
        JsonView token = tokens.Optional(name.Text())
            ?? throw name.Malformed($"{JsonView.Shown(name.Text())} is not among the special_tokens");
        return token.Required("ids").Items().Select(id => id.Id());
    }
}
