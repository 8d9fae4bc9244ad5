namespace CsAligner.Kills;

/// <summary>Where the kills of a job hit.</summary>
/// <param name="Before">It had written nothing yet.</param>
/// <param name="Within">It was at work: some of what it keeps was there, the last of it not.</param>
/// <param name="AtEnd">All files were there; the process had yet to end.</param>
/// <param name="TooLate">No kill: the run had ended before its moment came. Not counted among the kills.</param>
/// <param name="Rounds">Runs that came to their end and were compared with the uninterrupted one.</param>
internal sealed record KillCounts(int Before, int Within, int AtEnd, int TooLate, int Rounds)
{
    public int Kills => Before + Within + AtEnd;

    public override string ToString() =>
        $"{Kills} kills: {Before} before anything was written, {Within} at work, {AtEnd} with all files written; {TooLate} moments came "
            + $"after the end; {Rounds} runs ended and had the same bits";
}
