namespace CsAligner.Tensors;

/// <summary>
/// A failure that the user can mend: a bad file, a bad option, a full disk. The message is one line that says
/// the operation, what was expected, what came and what to do. The command line prints it and exits with 1.
/// Mistakes of a calling program are <see cref="ArgumentException"/> and its kin instead.
/// </summary>
public class InputException : Exception
{
    /// <summary>An empty message; use the other constructors.</summary>
    public InputException()
        : this("the input could not be used")
    {
    }

    /// <summary>A failure with its message. Line breaks (a file name may hold one) become spaces.</summary>
    public InputException(string message)
        : base(OneLine(message))
    {
    }

    /// <summary>A failure with its message and the exception that led to it.</summary>
    public InputException(string message, Exception? innerException)
        : base(OneLine(message), innerException)
    {
    }

    private static string OneLine(string message) => message.ReplaceLineEndings(" ");
}
