namespace CsAligner.Studies.Sessions;

/// <summary>How far a long task is, shown to whoever waits for it.</summary>
internal interface IStudyProgress
{
    /// <summary>Says how many steps are done by now, with a few words on them: "loss 1.23".</summary>
    void Report(long done, string details = "");

    /// <summary>Says how many steps are done, and of how many: where that has been a guess.</summary>
    void Report(long done, long total);
}
