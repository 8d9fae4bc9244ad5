namespace CsAligner.Search;

/// <summary>What became of a write that failed.</summary>
public enum WriteOutcome
{
    /// <summary>It was no write.</summary>
    None,

    /// <summary>Nothing was changed.</summary>
    NotDone,

    /// <summary>All, some or none of it was done. Adding and removing again does no harm.</summary>
    Unknown,
}
