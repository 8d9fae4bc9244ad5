using CsAligner.Cli.Running;
using CsAligner.Evaluation;
using CsAligner.Retrieval;
using CsAligner.Studies.Encoders;
using CsAligner.Tensors;

namespace CsAligner.Cli.Verbs;

/// <summary>
/// What <c>search</c> is asked. Words are a query each; pictures and rows given beside words are part of every one of them. Without words,
/// each picture is a query, and rows are part of every one of them; without both, each row is a query.
/// </summary>
/// <param name="Words">Texts.</param>
/// <param name="Pictures">Picture files.</param>
/// <param name="Like">Rows of the index, by number or name.</param>
/// <param name="Without">Texts that should not be found.</param>
internal sealed record SearchQueries(string[] Words, string[] Pictures, string[] Like, string[] Without)
{
    /// <summary>Whether a model has to make rows of something.</summary>
    public bool NeedModel => Words.Length + Pictures.Length + Without.Length > 0;

    /// <summary>Whether there is nothing to ask.</summary>
    public bool AreNone => Words.Length + Pictures.Length + Like.Length == 0;

    /// <summary>What each query is called.</summary>
    public string[] Labels => Words.Length > 0 ? Words : Pictures.Length > 0 ? Pictures : Like;

    /// <summary>What is part of every query.</summary>
    public string[] Joined => Words.Length > 0 ? [.. Pictures, .. Like] : Pictures.Length > 0 ? Like : [];

    /// <summary>One row for each query.</summary>
    /// <param name="session">The run.</param>
    /// <param name="folder">The searched set, for errors.</param>
    /// <param name="index">The searched rows.</param>
    /// <param name="model">Reads the encoder, if it is needed.</param>
    /// <param name="adapter">The folder of the run that mapped the rows; null for none.</param>
    /// <param name="like">The rows of <see cref="Like"/>.</param>
    public Tensor Embed(Session session, string folder, MixedIndex index, Func<EmbedModel> model, string? adapter,
        IReadOnlyList<MixedRow> like)
    {
        AdaptedModel? encoder = NeedModel
            ? AdaptedModel.Open(session, "search", model(), adapter)
            : null;
        var parts = new List<Tensor>();
        Add(Words.Length, () => Checked(encoder!.EmbedTexts(Words), folder, index));
        Add(Pictures.Length, () => Checked(encoder!.EmbedImages(Pictures), folder, index));
        Add(like.Count, () => Rows(index, like));
        Tensor queries = MixedQuery.Mean([.. parts]);
        if (Without.Length == 0) return queries;
        try
        {
            return MixedQuery.Without(queries, Checked(encoder!.EmbedTexts(Without), folder, index));
        }
        catch (InputException failure) when (failure.Message.StartsWith("query ", StringComparison.Ordinal))
        {
            throw new InputException($"--without leaves nothing of a query: the words mean the same ({failure.Message})", failure);
        }

        // The first kind of parts are queries; the rows of all others are part of each.
        void Add(int count, Func<Tensor> rows)
        {
            if (count == 0) return;
            Tensor made = rows();
            if (parts.Count == 0)
            {
                parts.Add(made);
                return;
            }

            for (int row = 0; row < made.Rows; row++) parts.Add(FeatureRows.Range(made, row, row + 1));
        }
    }

    private static Tensor Rows(MixedIndex index, IReadOnlyList<MixedRow> rows)
    {
        var values = new Tensor(rows.Count, index.Width);
        for (int row = 0; row < rows.Count; row++) index.Read(rows[row]).Span.CopyTo(values.Span[(row * index.Width)..]);
        return values;
    }

    private static Tensor Checked(Tensor asked, string folder, MixedIndex index) => asked.Width == index.Width
        ? asked
        : throw new InputException($"cannot search '{folder}': its rows have {index.Width} values, but queries have {asked.Width}; "
            + "give the model and the adapter that made it");
}
