namespace CsAligner.Data.Datasets.Files;

/// <summary>Lines without anything in them: bad among others, nothing at the end of the file, where editors leave them.</summary>
internal sealed class BlankLines(FileSamples samples)
{
    // Blank lines in a row, which may be millions: where they begin, and how many.
    private int _first, _waiting;

    /// <summary>Whether the line is blank; one that is not makes bad samples of those before it.</summary>
    /// <param name="line">The line.</param>
    /// <param name="number">Its number.</param>
    /// <param name="problem">Why it cannot be used, or null.</param>
    public bool Take(string line, int number, string? problem)
    {
        if (problem is null && string.IsNullOrWhiteSpace(line))
        {
            if (_waiting++ == 0) _first = number;
            return true;
        }

        for (int i = 0; i < _waiting; i++) samples.AddProblem("is empty; every line is a row: remove it or fill it in", _first + i);
        _waiting = 0;
        return false;
    }
}
