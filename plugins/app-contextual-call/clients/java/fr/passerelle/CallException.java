package fr.passerelle;

/** Every failure. Show {@link #detail} (French) and {@link #reference} to the person; {@link #code} and {@link #reason} are for support. */
public final class CallException extends Exception {
    private static final long serialVersionUID = 1;
    public final String code;
    public final String detail;
    public final String reason;
    public String reference;

    CallException(String code, String detail, String reason, String reference) {
        super(code + ": " + detail);
        this.code = code;
        this.detail = detail;
        this.reason = reason;
        this.reference = reference;
    }
}
