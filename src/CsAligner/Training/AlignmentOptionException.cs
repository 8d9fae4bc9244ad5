using System.Globalization;
using CsAligner.Tensors;

namespace CsAligner.Training;

/// <summary>
/// An option that is out of its range, or does not go with another. The message names properties;
/// <see cref="MessageFor"/> names the options as the user knows them.
/// </summary>
public sealed class AlignmentOptionException : InputException
{
    private readonly FormattableString _message;

    /// <summary>A message in which every <see cref="AlignmentOption"/> stands for its name.</summary>
    internal AlignmentOptionException(FormattableString message, Exception? innerException = null)
        : base(Format(message, option => option.Property), innerException) => _message = message;

    /// <summary>The message with other names.</summary>
    /// <param name="name">Names an option, such as by its <see cref="AlignmentOption.Flag"/>.</param>
    public string MessageFor(Func<AlignmentOption, string> name)
    {
        ArgumentNullException.ThrowIfNull(name);
        return new InputException(Format(_message, name)).Message;
    }

    private static string Format(FormattableString message, Func<AlignmentOption, string> name) => string.Format(
        CultureInfo.InvariantCulture,
        message.Format,
        [.. message.GetArguments().Select(argument => argument is AlignmentOption option ? name(option) : argument)]);
}
