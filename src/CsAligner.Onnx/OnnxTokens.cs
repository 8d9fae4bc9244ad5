using CsAligner.Tokenizers;

namespace CsAligner.Onnx;

/// <summary>The input of a text graph.</summary>
internal static class OnnxTokens
{
    // The tokens of a placeholder text.
    private const int PlaceholderTokens = 8;

    /// <summary>Adds texts, filled up to the batch that the graph fixes, where it does.</summary>
    /// <param name="inputs">Gets them.</param>
    /// <param name="graph">The graph.</param>
    /// <param name="tokens">The texts.</param>
    /// <param name="attendsAll">Whether padding counts as text, as for models that were trained so.</param>
    public static void Add(OnnxInputs inputs, OnnxGraph graph, TokenBatch tokens, bool attendsAll)
    {
        int length = tokens.ContextLength;
        int[] lengths = tokens.Lengths;
        Add(
            inputs,
            graph,
            OnnxGraph.BatchOf(graph.Ids) ?? tokens.Count,
            length,
            (row, t) => tokens.Ids[(Source(row) * length) + t],
            (row, t) => attendsAll || (tokens.PaddedLeft ? t >= length - lengths[Source(row)] : t < lengths[Source(row)]));

        // Rows that fill a batch up repeat the first text.
        int Source(int row) => row < tokens.Count ? row : 0;
    }

    /// <summary>Adds a text for a graph that wants one beside an image.</summary>
    public static void AddPlaceholder(OnnxInputs inputs, OnnxGraph graph) =>
        Add(inputs, graph, OnnxGraph.BatchOf(graph.Ids) ?? 1, graph.ContextLength ?? PlaceholderTokens, (_, _) => 0, (_, _) => true);

    private static void Add(OnnxInputs inputs, OnnxGraph graph, int batch, int length, Func<int, int, long> id, Func<int, int, bool> isText)
    {
        inputs.Add(graph.Ids!, batch, length, id);
        if (graph.Mask is { } mask) inputs.Add(mask, batch, length, (row, t) => isText(row, t) ? 1 : 0);
        if (graph.Types is { } types) inputs.Add(types, batch, length, (_, _) => 0);
        if (graph.Positions is not { } positions) return;

        // Counted from the text's first token, wherever padding stands.
        int current = -1, position = 0;
        inputs.Add(positions, batch, length, (row, t) =>
        {
            if (row != current) (current, position) = (row, 0);
            return isText(row, t) ? position++ : Math.Max(0, position - 1);
        });
    }
}
