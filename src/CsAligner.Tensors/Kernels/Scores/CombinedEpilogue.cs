namespace CsAligner.Tensors.Kernels.Scores;

/// <summary>Several passes over the same scores, made once; for epilogues that make no weights.</summary>
internal sealed unsafe class CombinedEpilogue(ScoreEpilogue[] parts) : ScoreEpilogue
{
    public override void Run(in ScoreTile tile, float* weights)
    {
        foreach (var part in parts) part.Run(tile, null);
    }

    public override void EndBlock(int column, int columns, int tasks)
    {
        foreach (var part in parts) part.EndBlock(column, columns, tasks);
    }
}
