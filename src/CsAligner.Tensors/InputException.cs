namespace CsAligner.Tensors;

/// <summary>
/// A failure that the user can mend: a bad file, a bad option, a full disk. The message is one line that says
/// the operation, what was expected, what came and what to do. The command line prints it and exits with 1.
/// Mistakes of a calling program are <see cref="ArgumentException"/> and its kin instead.
/// </summary>
public class InputException : Exception
{
    // Names and values from files are part of messages, and may be anything.
    private const int LongestMessage = 1600;
    private const int KeptEnd = 400;

    /// <summary>An empty message; use the other constructors.</summary>
    public InputException()
        : this("the input cannot be used")
    {
    }

    /// <summary>
    /// A failure with its message. Line breaks (a file name may hold one) become spaces, other control characters question marks,
    /// and the middle of a very long message is left out.
    /// </summary>
    public InputException(string message)
        : base(OneLine(message))
    {
    }

    /// <summary>A failure with its message and the exception that led to it.</summary>
    public InputException(string message, Exception? innerException)
        : base(OneLine(message), innerException)
    {
    }

    private static string OneLine(string message)
    {
        string line = message.ReplaceLineEndings(" ");
        if (line.Length > LongestMessage)
            line = $"{line.AsSpan(0, LongestMessage - KeptEnd)} … {line.AsSpan(line.Length - KeptEnd)}";
        return line.Any(char.IsControl) ? string.Concat(line.Select(character => char.IsControl(character) ? '?' : character)) : line;
    }
}
