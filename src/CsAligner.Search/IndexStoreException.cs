using CsAligner.Tensors;

namespace CsAligner.Search;

/// <summary>The store of an index failed: a full disk, a damaged file, a database out of reach. Trying again may help.</summary>
public sealed class IndexStoreException : InputException
{
    /// <summary>An empty message; use the other constructors.</summary>
    public IndexStoreException()
        : this("the index's store failed")
    {
    }

    /// <summary>A failure with its message.</summary>
    public IndexStoreException(string message)
        : base(message)
    {
    }

    /// <summary>A failure with its message and the exception that led to it.</summary>
    public IndexStoreException(string message, Exception? innerException)
        : base(message, innerException)
    {
    }

    /// <summary>A failure of a write.</summary>
    /// <param name="message">One line.</param>
    /// <param name="outcome">What became of the write.</param>
    /// <param name="innerException">What led to it.</param>
    public IndexStoreException(string message, WriteOutcome outcome, Exception? innerException)
        : base(message, innerException) => Outcome = outcome;

    /// <summary>What became of the write.</summary>
    public WriteOutcome Outcome { get; }
}
