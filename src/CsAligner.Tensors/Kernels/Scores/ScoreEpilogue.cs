namespace CsAligner.Tensors.Kernels.Scores;

/// <summary>What becomes of tiles of scores while they are in the cache; see <see cref="ScoreSweep"/>.</summary>
internal abstract unsafe class ScoreEpilogue
{
    /// <summary>
    /// Reads a tile and, where <paramref name="weights"/> is not null, writes the weights that take the scores' place in the gradients,
    /// rows as far apart. Runs on any thread: a tile may add to what belongs to its rows, and to a place of its own.
    /// Scores must be left as they were.
    /// </summary>
    public abstract void Run(in ScoreTile tile, float* weights);

    /// <summary>All tiles of these columns are done, <paramref name="tasks"/> of them:
    /// what belongs to columns is added up in their order.</summary>
    public abstract void EndBlock(int column, int columns, int tasks);
}
