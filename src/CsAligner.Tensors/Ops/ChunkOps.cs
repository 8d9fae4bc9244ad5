using CsAligner.Tensors.Autograd;

namespace CsAligner.Tensors.Ops;

/// <summary>A part of a model that runs over more rows than fit into memory with all that a backward pass needs.</summary>
public static class ChunkOps
{
    /// <summary>
    /// Concatenates the results of a body over chunks of rows. One chunk is just the body. With several, only the results
    /// are kept, and backward runs the body again, chunk by chunk, from the gradients that the results have got: gradient
    /// caching (GradCache, Gao et al. 2021, arXiv 2101.06983). That takes the memory of one chunk, and one forward pass more.
    /// </summary>
    /// <param name="tape">The tape that records it.</param>
    /// <param name="rows">N, all rows.</param>
    /// <param name="chunkSize">The most rows of a chunk, at least 1.</param>
    /// <param name="requiresGrad">Whether the body depends on a parameter that requires a gradient.</param>
    /// <param name="body">Computes [count, D] on the tape it is given, from its first row and the count; the same every time.</param>
    /// <param name="offsets">
    /// Where rows give several results each: the first result of each row, and the number of results. Not copied. Null: one result a row.
    /// </param>
    /// <returns>[N, D], or as many rows as there are results.</returns>
    public static Tensor InChunks(this Tape tape, int rows, int chunkSize, bool requiresGrad, Func<Tape, int, int, Tensor> body,
        int[]? offsets = null)
    {
        ArgumentNullException.ThrowIfNull(tape);
        ArgumentNullException.ThrowIfNull(body);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(rows);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(chunkSize);
        if (rows <= chunkSize) return body(tape, 0, rows);

        Tensor? y = null;
        for (int start = 0; start < rows; start += chunkSize)
        {
            using var part = Tape.Inference();
            var chunk = body(part, start, Math.Min(chunkSize, rows - start));
            y ??= tape.Rent([Result(rows), chunk.Width], requiresGrad);
            chunk.Span.CopyTo(y.Span[(Result(start) * y.Width)..]);
        }

        tape.Record(y!, () =>
        {
            for (int start = 0; start < rows; start += chunkSize)
            {
                using var part = new Tape();
                var chunk = body(part, start, Math.Min(chunkSize, rows - start));
                part.Backward(chunk, y!.Grad.Slice(Result(start) * y.Width, chunk.Length));
            }
        });
        return y!;

        int Result(int row) => offsets?[row] ?? row;
    }
}
